# SPDX-License-Identifier: GPL-3.0-or-later
# `make demo` and `make test` need nothing before them but Debian 12 or 13, root, git and make.
.PHONY: help demo demo-clean clean-all test check test-long test-upgrade matrix try-cibs soak bench-agent bench-config bench-stagger bench-rehearsal bench-predictions bench-against faults clean

export DEBIAN # of the nodes; see tests/lab/release

help:        ## these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-18s %s\n", $$1, $$2}' Makefile

demo:        ## a three-node cluster in containers, a dead node, the measured timeline (VES=24, STORM=1, KEEP=1, DEBIAN=13)
	@VES="$(or $(VES),24)" STORM="$(STORM)" KEEP="$(KEEP)" tests/lab/demo

demo-clean:  ## remove every container, network, image and process of this checkout's labs
	@tests/lab/clean own

clean-all:   ## demo-clean for every checkout on this machine
	@tests/lab/clean all

test:        ## everything CI runs (DEBIAN=12 or 13: all of it on that release's nodes)
	@tests/run all

check:       ## the fast part: lint and unit tests, no cluster
	@tests/run check

test-long:   ## the tests on the live cluster, with those that take minutes or want a quiet machine
	@tests/run long

test-upgrade: ## a cluster of Debian 12 with running VEs is taken over by this checkout, then becomes Debian 13 node by node (FROM=COMMIT)
	@tests/lab/upgrade $(FROM)

matrix:      ## Pacemaker 2.1 and 3.0, Pythons of nodes, ansible-core: a table of what ran; and the agent with every Python from 3.6 on (ENDS=1: corners)
	@tests/run matrix

try-cibs:    ## ve_rehearsal with every CIB in a directory: a result or a refusal, never a traceback (DIR=..., DEBIAN=12|13, NODES=1)
	@tests/lab/setup test && . .cache/env && NODES=$(NODES) tests/tools/try_cibs "$(DIR)"

bench-agent: ## what a monitor costs, against ocf:heartbeat:ManageVE (RUNS=100)
	@tests/lab/setup test && . .cache/env && tests/agent/bench_monitor.py $(or $(RUNS),100)

bench-config: ## what it costs to configure VEs: ve_resources, pcs, crmsh, a module in a loop, on the lab (ROUNDS=3 SAMPLE=10)
	@tests/lab/setup test && . .cache/env && export OPENVE_LAB_IMAGE=$$(tests/lab/image test) && tests/lab/remove $$OPENVE_LAB-test && \
		{ tests/lab/bench_config $(or $(ROUNDS),3) $(or $(SAMPLE),10); code=$$?; tests/lab/remove $$OPENVE_LAB-test; exit $$code; }

bench-stagger: ## ve_stagger against an ideal scheduler, Pacemaker alone, and batches, on the lab (VES=60, MODES="window batches")
	@tests/lab/setup test && . .cache/env && export OPENVE_LAB_IMAGE=$$(tests/lab/image demo) && tests/lab/remove $$OPENVE_LAB-demo && \
		{ tests/lab/bench_stagger $(or $(VES),60) $(MODES); code=$$?; tests/lab/remove $$OPENVE_LAB-demo; exit $$code; }

bench-rehearsal: ## how long ve_rehearsal takes, on clusters of up to 16 nodes and 1000 VEs in files
	@tests/lab/setup test && . .cache/env && nice -n 10 tests/lab/bench_rehearsal

bench-predictions: ## what ve_rehearsal predicts beside what then happens, on the lab (VES=24)
	@tests/lab/setup test && . .cache/env && export OPENVE_LAB_IMAGE=$$(tests/lab/image demo) && \
		tests/lab/remove $$OPENVE_LAB-demo && { tests/lab/bench_predictions $(or $(VES),24); code=$$?; tests/lab/remove $$OPENVE_LAB-demo; exit $$code; }

bench-against: ## what ve_resources and ve_rehearsal cost here and in another commit, in turns, on CIB files (COMMIT=v1.0.0 ROUNDS=5)
	@tests/lab/setup test && . .cache/env && tests/lab/bench_against "$(COMMIT)" $(or $(ROUNDS),5)

soak:        ## random sequences of actions, events and faults on the agent (SOAK=10000, START=1)
	@tests/lab/setup test && . .cache/env && AGENT_PYTHON=/usr/bin/python3 SOAK=$(or $(SOAK),10000) START=$(START) python -m pytest -q -n 8 tests/agent/test_sequences.py

faults:      ## others edit the CIB while ve_resources does, and it is killed (ROUNDS=1000)
	@tests/lab/setup test && . .cache/env && ROUNDS=$(or $(ROUNDS),1000) python -m pytest -q tests/unit/plugins/module_utils/_cib/test_faults.py

clean: demo-clean  ## demo-clean, and the caches of this checkout too
	rm -rf .cache
