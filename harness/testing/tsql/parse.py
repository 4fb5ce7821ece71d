"""Reads a JSON list of batches of T-SQL from standard input, and writes for each the list of what is wrong with it."""

import json
import re
import sys

from sqlfluff.core import FluffConfig, Linter

# No templates: what looks like one is a text's.
LINTER = Linter(config=FluffConfig(overrides={"dialect": "tsql", "templater": "raw"}))

# Right, but unknown to this parser: that rows which are there get a new column's default.
UNKNOWN = re.compile(r"(?<=\)) WITH VALUES$", re.MULTILINE)


# Whole statements that it does not know.
UNKNOWN_WHOLE = re.compile(r"^(BACKUP DATABASE|RESTORE DATABASE) [^;]*$")


def complaints(batch):
    if UNKNOWN_WHOLE.match(batch):
        return []
    parsed = LINTER.parse_string(UNKNOWN.sub("", batch))
    variant = parsed.root_variant()
    if variant is None or variant.tree is None:
        return ["nothing could be parsed"]
    tree = variant.tree
    found = [violation.desc() for violation in parsed.violations]
    found += [f"no T-SQL: {part.raw[:80]}" for part in tree.recursive_crawl("unparsable")]
    # A word that begins no statement is the name of a procedure to the server, and to the parser.
    for call in tree.recursive_crawl("execute_script_statement"):
        first = next(leaf.raw.upper() for leaf in call.raw_segments if leaf.is_code)
        if first not in ("EXEC", "EXECUTE"):
            found.append(f"a call without EXEC: {call.raw[:80]}")
    # What a parser cannot fit into a statement it may take for the next one.
    for block in tree.recursive_crawl("batch"):
        last = None
        for part in (one for one in block.segments if one.is_code):
            if part.is_type("statement") and last is not None and not last.is_type("statement_terminator"):
                found.append(f"no semicolon before: {part.raw[:80]}")
            last = part
    return found


json.dump([complaints(batch) for batch in json.load(sys.stdin)], sys.stdout)
