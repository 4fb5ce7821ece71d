# Thin calls of the driftlab command, for those who like make. `make help` lists them; `npx driftlab help` lists the same.
.DEFAULT_GOAL := help
DRIFTLAB := node bin/driftlab.mjs
TRIGGERS := trigger-restart trigger-lag trigger-schema trigger-duplicate trigger-backfill \
  trigger-binlog trigger-history trigger-row-image trigger-cleanup trigger-gap \
  trigger-broker trigger-unclean trigger-worker trigger-zombie trigger-network trigger-registry

.PHONY: help scenario test check doctor \
  up down reset clean watch status logs connector-status lag $(TRIGGERS) source-shell sink-shell kafka-topics kafka-consume

# A variable as an option, where it is set: SECONDS=30 becomes --seconds '30'.
option = $(if $($(1)),--$(2) '$(subst ','\'',$($(1)))')
switch = $(if $($(1)),--$(2))
UP := $(call option,SEED,seed) $(call option,RATE,rate) $(call option,VARIANTS,variants) $(call option,SOURCE,source) $(call option,SINK,sink) $(call option,RUNTIME,runtime) $(call option,BROKERS,brokers) $(call option,WORKERS,workers) $(call option,FORMAT,format) $(ARGS)
WHICH := $(call option,VARIANT,variant) $(call option,TABLE,table) $(ARGS)
FAULT := $(call option,SECONDS,seconds) $(call option,ROWS,rows) $(call option,STEP,step) $(call switch,WAIT,wait) $(ARGS)
SHELL_OF := $(call option,SQL,command) $(ARGS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
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

trigger-restart: ## kill Connect before it flushed its offsets (SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-lag: ## pause all consumers (SECONDS=; STEP=retention: past the topics' retention)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-schema: ## add a column while writers write
	@$(DRIFTLAB) $@ $(FAULT)

trigger-duplicate: ## snapshot all tables again
	@$(DRIFTLAB) $@ $(FAULT)

trigger-backfill: ## insert historical rows (ROWS=; STEP=direct-copy: past the log)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-binlog: ## MariaDB source: remove binlog files that the stopped connector has not read (SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-history: ## MariaDB source: delete the schema history topic (SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-row-image: ## MariaDB source: log minimal row images (WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-cleanup: ## SQL Server source: clean up captured changes that the stopped connector has not read (SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-gap: ## SQL Server source: the same of some tables, which the connector does not notice (SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-broker: ## BROKERS=3: kill a broker (SECONDS=; STEP=leader: move leaders; STEP=stopped: kill all)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-unclean: ## BROKERS=3: a replica that lacks acknowledged records is elected (SECONDS=)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-worker: ## WORKERS=2: kill the worker of the source connector (SECONDS=; STEP=sinks: of a sink)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-zombie: ## WORKERS=2: a worker stands still, is presumed dead, and comes back (SECONDS=; STEP=sinks: of a sink)
	@$(DRIFTLAB) $@ $(FAULT)

trigger-network: ## cut the network between two (BETWEEN=source,connect; STEP=one-way, slow or reset; SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(call option,BETWEEN,between) $(call option,SECONDS,seconds) $(call option,STEP,step) $(call switch,WAIT,wait) $(ARGS)

trigger-registry: ## FORMAT=avro: the schema registry is killed (STEP=emptied, renumbered, slow, incompatible, invalid, failing; SECONDS=, WAIT=1)
	@$(DRIFTLAB) $@ $(call option,SECONDS,seconds) $(call option,STEP,step) $(call switch,WAIT,wait) $(ARGS)

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
