# SPDX-License-Identifier: GPL-3.0-or-later
# `make demo` and `make test` need nothing before them but Debian 12, root, git and make.
.PHONY: demo demo-clean test check lint unit agent molecule build clean

demo:        ## a three-node cluster in containers, a dead node, the measured timeline (VES=24, STORM=1, KEEP=1)
	@VES="$(or $(VES),24)" STORM="$(STORM)" KEEP="$(KEEP)" tests/lab/demo

demo-clean:  ## remove every container, network, image and process of the lab
	@tests/lab/demo clean

test:        ## everything CI runs
	@tests/run all

check:       ## the fast part: lint and unit tests, no cluster
	@tests/run check

clean: demo-clean  ## and the caches of this checkout
	rm -rf .cache
