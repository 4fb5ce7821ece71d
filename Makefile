# Thin calls of the driftlab command, for those who like make. `make help` lists them; `npx driftlab help` lists the same.
.DEFAULT_GOAL := help
DRIFTLAB := node bin/driftlab.mjs

.PHONY: help scenario test check doctor \
  up down reset clean watch status logs connector-status lag trigger source-shell sink-shell kafka-topics kafka-consume

# A variable as an option, where it is set: SECONDS=30 becomes --seconds '30'.
option = $(if $($(1)),--$(2) '$(subst ','\'',$($(1)))')
switch = $(if $($(1)),--$(2))
UP := $(call option,SEED,seed) $(call option,RATE,rate) $(call option,VARIANTS,variants) $(call option,SOURCE,source) $(call option,SINK,sink) $(call option,RUNTIME,runtime) $(call option,BROKERS,brokers) $(call option,WORKERS,workers) $(call option,FORMAT,format) $(ARGS)
WHICH := $(call option,VARIANT,variant) $(call option,TABLE,table) $(ARGS)
FAULT := $(call option,BETWEEN,between) $(call option,SECONDS,seconds) $(call option,ROWS,rows) $(call option,STEP,step) $(call switch,WAIT,wait) $(ARGS)
SHELL_OF := $(call option,SQL,command) $(ARGS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "  variables: SECONDS=30 ROWS=5000 STEP=retention WAIT=1 TABLE=name VARIANT=dedup RATE=50 SEED=7 ARGS='…'"

scenario: ## the canonical scenario (ARGS="--only restart --seed 7")
	@$(DRIFTLAB) scenario canonical $(ARGS)

up: ## start the live lab in the background (RATE=, SEED=, VARIANTS=, SOURCE=, SINK=, RUNTIME=, BROKERS=, WORKERS=, FORMAT=)
	@$(DRIFTLAB) up $(UP)

down: ## end it; its data are kept, and up goes on
	@$(DRIFTLAB) down $(ARGS)

reset: ## end it, remove its data, start it anew
	@$(DRIFTLAB) reset $(UP)

clean: ## end it and remove its data
	@$(DRIFTLAB) clean $(ARGS)

watch: ## see it live
	@$(DRIFTLAB) watch $(ARGS)

status: ## where it stands (TABLE=, VARIANT=)
	@$(DRIFTLAB) status $(WHICH)

logs: ## what the daemon and the nodes say
	@$(DRIFTLAB) logs $(ARGS)

connector-status: ## nodes and connectors
	@$(DRIFTLAB) connector-status $(ARGS)

lag: ## per group, topic and partition (TABLE=, VARIANT=)
	@$(DRIFTLAB) lag $(WHICH)

trigger: ## list the failure modes that trigger-MODE takes
	@$(DRIFTLAB) $@ $(ARGS)

# No file has such a name, so the recipe runs each time.
trigger-%: ## break the lab: trigger-restart, trigger-lag … (SECONDS=, ROWS=, STEP=, BETWEEN=source,connect, WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

source-shell: ## SQL on the source (SQL="select 1")
	@$(DRIFTLAB) $@ $(SHELL_OF)

sink-shell: ## SQL on a sink (VARIANT=, SQL=)
	@$(DRIFTLAB) $@ $(call option,VARIANT,variant) $(SHELL_OF)

kafka-topics: ## the topics and their offsets
	@$(DRIFTLAB) $@ $(ARGS)

kafka-consume: ## change events, decoded (TABLE=, ARGS="--from-beginning --max 10 --raw")
	@$(DRIFTLAB) $@ $(call option,TABLE,table) $(ARGS)

test: ## all the tests
	@npm test

check: ## types, lint, format, unused code
	@npm run --silent check

doctor: ## what this machine has and lacks
	@$(DRIFTLAB) doctor
