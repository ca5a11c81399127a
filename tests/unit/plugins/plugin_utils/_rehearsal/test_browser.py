# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a rehearsal as a browser lays it out, from a desk to a phone."""

from __future__ import annotations

import html
import json
import re
import subprocess

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import page as rehearsal_page

from rehearsal_sample import Sample

# In a frame of its own, which can be narrower than a window. innerText is what is rendered, not what is in the file.
LOOK = '''<!doctype html><meta charset="utf-8"><body style="margin:0"><script>
addEventListener('load', () => {
  const frame = document.querySelector('iframe'), page = frame.contentDocument, seen = {};
  const texts = (where) => [...page.querySelectorAll(where)].map((one) => one.innerText.trim());
  const box = (one) => one.getBoundingClientRect();
  seen.width = page.documentElement.scrollWidth;
  seen.facts = texts('dl.facts dd.value');
  seen.lines = [...page.querySelectorAll('a.line')].map((line) => ({
    value: line.querySelector('.value').innerText.trim(), side: line.querySelector('.side').innerText.trim(), at: line.hash.slice(1),
    inside: [...line.children].every((part) => box(part).right <= frame.clientWidth + 1)}));
  page.querySelectorAll('details').forEach((one) => { one.open = true; });
  seen.tables = {};
  for (const section of page.querySelectorAll('details.scenario > div')) {
    seen.tables[section.id] = [...section.querySelectorAll('details.table tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()));
  }
  seen.bars = {drawn: 0, outside: 0};
  for (const bar of page.querySelectorAll('.plot rect')) {
    const drawn = box(bar), plot = box(bar.closest('.plot'));
    seen.bars.drawn += drawn.width > 0 && drawn.height > 0;
    seen.bars.outside += drawn.left < plot.left - 1 || drawn.right > plot.right + 1 || drawn.bottom > plot.bottom + 1;
  }
  seen.opened = page.documentElement.scrollWidth;
  seen.background = getComputedStyle(page.body).backgroundColor;
  const found = document.createElement('pre');
  found.id = 'seen';
  found.textContent = JSON.stringify(seen);
  document.body.append(found);
});
</script><iframe style="border:0;width:%dpx;height:900px" srcdoc="%s"></iframe>'''


@pytest.fixture(scope='module', params=['small', 'large'])
def result(request):
    return Sample(*{'small': (3, 24), 'large': (8, 200)}[request.param], boot=9, asserted=30).result(pairs=False)


@pytest.fixture
def browser(tmp_path):
    """What Chromium has on its screen."""

    def look(page, width, *options):
        (tmp_path / 'look.html').write_text(LOOK % (width, html.escape(page)))
        done = subprocess.run(
            [
                'chromium',
                '--headless',
                '--no-sandbox',
                '--disable-gpu',
                '--disable-dev-shm-usage',
                '--user-data-dir=%s' % (tmp_path / 'profile'),
                '--dump-dom',
                '--window-size=1400,1000',
                '--virtual-time-budget=20000',
                *options,
                (tmp_path / 'look.html').as_uri(),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        found = re.search('<pre id="seen">(.*?)</pre>', done.stdout, re.S)
        assert found, done.stderr
        return json.loads(html.unescape(found.group(1)))

    return look


@pytest.mark.parametrize('width', [1280, 768, 390])
def test_what_is_on_the_screen_is_the_result(browser, result, width):
    seen = browser(rehearsal_page.page(result), width)
    assert seen['width'] <= width and seen['opened'] <= width, 'it would scroll sideways'
    assert len(seen['facts']) == 4 and all(seen['facts'])
    assert len(seen['lines']) == len(result['scenarios'])
    for scenario, line in zip(result['scenarios'], sorted(seen['lines'], key=lambda line: int(line['at'][1:]))):
        assert line['inside']
        assert line['value'] == (words(scenario['last_up']) if scenario['last_up'] is not None else 'no VE starts')
        starts = {row['resource']: row for row in scenario['actions'] if row['operation'] == 'start'}
        if starts:
            assert line['side'].split()[0] == str(max(scenario['peak']['per_node'].values()))
        rows = {row[0]: row[2:] for row in seen['tables'][line['at']]}
        assert rows == {
            ve: [row['node'], words(row['begin']), words(row['end']), words(scenario['downtime'][ve])]
            for ve, row in starts.items()
        }
    assert seen['bars']['drawn'] > 24 and not seen['bars']['outside']


def test_dark_and_light(browser):
    page = rehearsal_page.page(Sample(3, 24).result(pairs=False))
    light, dark = (
        browser(page, 1280, *options)['background'] for options in ((), ('--blink-settings=preferredColorScheme=0',))
    )
    brightness = [sum(map(int, re.findall(r'\d+', colour)[:3])) for colour in (light, dark)]
    assert brightness[0] > 600 and brightness[1] < 200, (light, dark)
