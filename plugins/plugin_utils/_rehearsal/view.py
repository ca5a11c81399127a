# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a rehearsal, in words, for the page and for the terminal alike. Knows neither HTML nor Ansible.

``view(result, measured)`` takes what the module ve_rehearsal returns. ``measured`` is a list of what really happened, each
``{scenario, title, note, nodes, actions, fenced}`` with the actions in the module's shape (``resource``, ``operation``,
``node``, ``begin``, ``end``), in seconds after the event.
"""

from __future__ import annotations

from datetime import datetime, timezone

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error

LEVELS = ('broken', 'warning', 'ok')
WORDS = {'broken': 'broken', 'warning': 'watch', 'ok': 'fine'}
KINDS = {
    'boot': 'Cold boot',
    'lose': 'A node dies',
    'pair': 'Several nodes die at once',
    'drain': 'A node is drained',
    'return': 'A node comes back',
    'join': 'A badly set up node joins',
    'measured': 'Measured',
}

# What to do about a verdict that is not fine.
HINTS = {
    'peak': 'Lower policy.starts_per_node and see that it is in force (ve_info, limits).',
    'peak-total': 'Set policy.starts_total.',
    'recovery': 'Raise policy.starts_per_node as far as the nodes can take it, see the table of other limits; or shorten the boots.',
    'start-timeout': 'Declare the boot_time that the VE needs (ves, boot_time); ve_resources computes the timeout from it.',
    'stop-timeout': 'Declare the stop_grace that the VE needs (ves, stop_grace); ve_resources computes the timeout from it.',
    'shutdown-escalation': 'Have ve_resources set shutdown-escalation from the policy, or raise policy.starts_per_node: it limits stops too.',
    'healthy-down': 'Keep the node in standby until it is set up like the others (engine, storage, agent).',
    'cannot-run': 'See where the VE may run: prefer, needs, bans, the place that is left on the other nodes.',
    'failback': 'Set policy.failback: false, so that a VE stays where it runs.',
    'unsettled': 'The cluster goes round in circles: look for constraints that contradict each other.',
    'priority': 'Give what must be up first the lower start_order, and others a priority of their own.',
    'fencing-held-up': 'Shorten that boot, or have its start return early with a ready_command that is true sooner.',
    'fencing-off': 'Set up fencing: only then is it sure that a VE of a dead node does not run twice, and that it starts elsewhere.',
    'maintenance': 'Switch the cluster property maintenance-mode off when the work is done.',
    'no-limit': 'Set policy.starts_per_node.',
    'limit-not-in-force': 'Run ve_resources with apply_limits: nudge, or restart Pacemaker node by node.',
}
FEW = 10  # scenarios of one kind that are shown one by one
QUIET = ('probe', 'monitor', 'notify')  # operations that move nothing


def span(seconds):
    """Seconds for people: 9.3 s, 95 s, 10 min 32 s, 1 h 5 min."""
    if seconds is None:
        return '-'
    if seconds < 99.95:
        return '%.1f s' % seconds
    whole = int(seconds + 0.5)
    if whole < 600:
        return '%d min %d s' % divmod(whole, 60) if whole >= 120 else '%d s' % whole
    if whole < 3600:
        return '%d min %d s' % divmod(whole, 60)
    return '%d h %d min' % divmod((whole + 30) // 60, 60)


def clock(seconds):
    """For an axis: 0:30, 1:02:00."""
    hours, rest = divmod(int(round(seconds)), 3600)
    return '%d:%02d:%02d' % (hours, rest // 60, rest % 60) if hours else '%d:%02d' % divmod(rest, 60)


def count(number, one, many=None):
    return '%d %s' % (number, one if number == 1 else many or one + 's')


def listed(names, most=6):
    """n1, n2 and n3; a long list is cut."""
    names = list(names)
    if len(names) > most:
        return '%s and %d more' % (', '.join(names[:most]), len(names) - most)
    return ' and '.join(filter(None, [', '.join(names[:-1]), names[-1]])) if names else ''


def title_of(scenario):
    nodes = listed(scenario['nodes'])
    plural = len(scenario['nodes']) > 1
    if scenario['kind'] == 'boot':
        return 'Cold boot of all nodes'
    if scenario['kind'] == 'lose':
        return '%s %s' % (nodes, 'die at once' if plural else 'dies')
    if scenario['kind'] == 'drain':
        return '%s %s drained' % (nodes, 'are' if plural else 'is')
    if scenario['kind'] == 'return':
        return '%s %s back' % (nodes, 'come' if plural else 'comes')
    if scenario['kind'] == 'join':
        return '%s joins; its probes answer %s' % (nodes, scenario.get('probe_rc'))
    return scenario['name']


def titled(name):
    """The title of a scenario of which only the name is known."""
    kind, *nodes = name.split()
    return (
        title_of({'kind': kind, 'nodes': nodes, 'name': name})
        if kind in ('lose', 'drain', 'return') and nodes
        else name
    )


def overlaps(intervals):
    """[(time, how many at once from there on)] of [(begin, end)]. One that ends when another begins does not overlap it."""
    edges = {}
    for begin, end in intervals:
        if end > begin:
            edges[begin] = edges.get(begin, 0) + 1
            edges[end] = edges.get(end, 0) - 1
    now, curve = 0, []
    for at in sorted(edges):
        if edges[at]:
            now += edges[at]
            curve.append((at, now))
    return curve


def peak(intervals):
    return max((n for _at, n in overlaps(intervals)), default=0)


def boots(actions, node=None):
    """(begin, end) of the starts of VEs, without what they waited inside of the agent."""
    return [
        (action['begin'] + action.get('waited', 0.0), action['end'])
        for action in actions
        if action['operation'] == 'start' and action.get('ve', True) and node in (None, action['node'])
    ]


def downs(scenario):
    """{VE: (begin, end)} of its time down; the end is None where it stays down."""
    ends, begins = {}, {}
    for action in scenario['actions']:
        if not action.get('ve', True):
            continue
        if action['operation'] in ('start', 'migrate_from') and action.get('rc') is None:
            ends[action['resource']] = max(action['end'], ends.get(action['resource'], 0.0))
        elif action['operation'] == 'stop':
            begins.setdefault(action['resource'], action['begin'])
    found = {}
    for ve, seconds in scenario['downtime'].items():
        end = ends.get(ve, begins.get(ve, 0.0) + seconds)
        found[ve] = (max(0.0, end - seconds), end)
    for ve in scenario.get('cannot_run', []):
        found[ve] = (begins.get(ve, 0.0), None)
    return found


def panel(source, title, note='', limits=None, nodes=()):
    """What one chart shows: a prediction, or what was measured."""
    actions = source['actions']
    nodes = list(nodes) or sorted({action['node'] for action in actions})
    starts = boots(actions)
    ends = [action['end'] for action in actions if action['operation'] not in QUIET] + list(
        source.get('fenced', {}).values()
    )
    down = downs(source) if 'downtime' in source else {}
    return {
        'title': title,
        'note': note,
        'nodes': nodes,
        'actions': actions,
        'fenced': source.get('fenced', {}),
        'lost': source.get('lost', []),
        'downs': down,
        'limits': limits or {},
        'peak': source.get('peak')
        or {'per_node': {node: peak(boots(actions, node)) for node in nodes}, 'total': peak(starts)},
        'last_up': source['last_up'] if 'last_up' in source else max((end for _begin, end in starts), default=None),
        'end': max(ends + [end for _begin, end in down.values() if end is not None], default=0.0),
    }


def history(scenario, since, ves):
    """What ve_info (its ``ves``) knows to have happened since a moment, as one of `measured`."""
    begin, actions = _moment(since), []
    for ve in ves:
        start = ve.get('last_start')
        if start and _moment(start['at']) >= begin:
            at = _moment(start['at']) - begin
            actions.append(
                {
                    'resource': ve['name'],
                    'operation': 'start',
                    'node': start['node'],
                    'begin': at,
                    'end': at + start['seconds'],
                    'rc': start['rc'] or None,
                }
            )
    if not actions:
        raise Error(
            'measured: none of the %d VEs was started since %s; is that when it happened, in UTC?' % (len(ves), since)
        )
    return {
        'scenario': scenario,
        'title': 'Measured',
        'note': 'last start of each VE since %s, from the history of operations' % since,
        'actions': actions,
    }


def _moment(text):
    try:
        moment = datetime.fromisoformat(str(text).replace('Z', '+00:00'))
    except ValueError:
        raise Error('measured: %s is no moment: give one such as 2026-11-22T20:11:04Z.' % text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def sentence(scenario):
    """A scenario in one or two sentences."""
    down = downs(scenario)
    ends = sorted(end for _begin, end in down.values() if end is not None)
    stays, healthy = scenario['cannot_run'], scenario['healthy_down']
    says = []
    for node, at in scenario['fenced'].items():
        says.append('%s is fenced after %s.' % (node, span(at)))
    many = len(ends) > 1
    if ends and scenario['kind'] == 'boot':
        says.append(
            '%s: %s.'
            % (
                count(len(ends), 'VE starts', 'VEs start'),
                'the first is up after %s, the last after %s' % (span(ends[0]), span(scenario['last_up']))
                if many
                else 'it is up after %s' % span(ends[0]),
            )
        )
    elif ends:
        longest = max(scenario['downtime'], key=scenario['downtime'].get)
        says.append(
            '%s: %s.'
            % (
                count(len(ends), 'VE goes down and comes up again', 'VEs go down and come up again'),
                'the first after %s, the last after %s' % (span(ends[0]), span(ends[-1]))
                if many
                else 'after %s' % span(ends[0]),
            )
        )
        says.append('The longest time down is %s (%s).' % (span(scenario['downtime'][longest]), longest))
    if stays:
        says.append('%s: %s.' % (count(len(stays), 'VE stays down', 'VEs stay down'), listed(stays)))
    if healthy:
        says.append(
            '%s.'
            % count(
                len(healthy),
                'VE that nothing had happened to is stopped all the same',
                'VEs that nothing had happened to are stopped all the same',
            )
        )
    if not down:
        live = len(moved(scenario))
        says.append(
            '%s without going down.' % count(live, 'VE moves', 'VEs move')
            if live
            else 'No VE goes down, and none moves.'
        )
    if not scenario.get('settled', True):
        says.append('The cluster does not come to rest: what is shown is its first rounds.')
    return ' '.join(says)


def moved(scenario):
    return {
        action['resource']
        for action in scenario['actions']
        if action['operation'].startswith('migrate') and action.get('ve', True)
    }


def level_of(verdicts):
    return min((verdict['level'] for verdict in verdicts), key=LEVELS.index, default='ok')


def _scenario(number, scenario, result, measured):
    nodes = result['nodes']
    per_node = scenario['peak']['per_node']
    busiest = max(sorted(per_node), key=per_node.get, default=None)
    shown = panel(scenario, 'Predicted', '', result['limits'], nodes)
    shown['lost'] = scenario['nodes'] if scenario['kind'] == 'lose' else []
    return {
        'id': 's%d' % number,
        'name': scenario['name'],
        'kind': 'pair' if scenario['kind'] == 'lose' and len(scenario['nodes']) > 1 else scenario['kind'],
        'title': title_of(scenario),
        'sentence': sentence(scenario),
        'level': level_of(scenario['verdicts']),
        'verdicts': sorted(scenario['verdicts'], key=lambda verdict: LEVELS.index(verdict['level'])),
        'last_up': scenario['last_up'],
        'peak': per_node.get(busiest, 0),
        'busiest': busiest if per_node.get(busiest) else None,
        'limit': result['limits'].get(busiest),
        'peak_total': scenario['peak']['total'],
        'down': len(downs(scenario)),
        'longest_down': max(scenario['downtime'].values(), default=None),
        'healthy_down': scenario['healthy_down'],
        'cannot_run': scenario['cannot_run'],
        'wish': next(
            (verdict['numbers'].get('asked') for verdict in scenario['verdicts'] if verdict['rule'] == 'recovery'), None
        ),
        'fenced': max(scenario['fenced'].values(), default=None),
        'panels': [shown] + [_measured(one, result) for one in measured],
        'ves': _ves(scenario),
    }


def _measured(one, result):
    shown = panel(
        one,
        one['title'],
        one.get('note', ''),
        one.get('limits', (result or {}).get('limits')),
        one.get('nodes') or (result or {}).get('nodes', ()),
    )
    return dict(shown, measured=True)


def _ves(scenario):
    """A row for each VE that goes down, starts, stops or moves: name, where from, where to, when."""
    rows, down = {}, downs(scenario)
    for action in scenario['actions']:
        if not action.get('ve', True) or action['operation'] in QUIET:
            continue
        row = rows.setdefault(
            action['resource'],
            {'name': action['resource'], 'from': None, 'to': None, 'begin': None, 'end': None, 'failed': False},
        )
        if action['operation'] in ('start', 'migrate_from'):
            row.update(to=action['node'], begin=action['begin'], end=action['end'], failed=action.get('rc') is not None)
        elif action['operation'] in ('stop', 'migrate_to') and row['from'] is None:
            row['from'] = action['node']
    for ve in scenario['cannot_run']:
        rows.setdefault(ve, {'name': ve, 'from': None, 'to': None, 'begin': None, 'end': None, 'failed': False})
    for name, row in rows.items():
        row['down'] = scenario['downtime'].get(name)
        row['stays_down'] = down.get(name, (0, 0))[1] is None
    return sorted(
        rows.values(),
        key=lambda row: (not row['stays_down'], row['begin'] if row['begin'] is not None else -1.0, row['name']),
    )


def _findings(result, scenarios):
    """Verdicts of one rule and level together, over all scenarios; the gravest first, and in each the scenario that is worst."""
    groups = {}
    for verdict in result['verdicts']:
        groups.setdefault((verdict['level'], verdict['rule']), []).append((None, verdict))
    for scenario in sorted(scenarios, key=_gravity):
        for verdict in scenario['verdicts']:
            groups.setdefault((verdict['level'], verdict['rule']), []).append((scenario, verdict))
    found = []
    for (level, rule), members in sorted(groups.items(), key=lambda item: LEVELS.index(item[0][0])):
        found.append(
            {
                'level': level,
                'rule': rule,
                'hint': '' if level == 'ok' else _hint(rule, members[0][0]),
                'text': members[0][1]['text'],
                'scenario': members[0][0],
                'asserted': any(verdict.get('asserted') for _scenario, verdict in members),
                'more': [(scenario, verdict['text']) for scenario, verdict in members[1:]],
            }
        )
    return found


def _hint(rule, scenario):
    return HINTS.get('healthy-down' if scenario and scenario['kind'] == 'join' else rule, '')


def _gravity(one):
    return -len(one['cannot_run']), -len(one['healthy_down']), -(one['last_up'] or 0)


def _facts(scenarios, result):
    """The few numbers that a reader wants first: (what, value, where and against what)."""
    facts = []
    real = next((one for one in scenarios if len(one['panels']) > 1), None)
    if real:
        predicted, happened = (shown['last_up'] for shown in real['panels'][:2])
        facts.append(
            ('%s: its VEs are up again, predicted' % real['title'], 'after ' + span(predicted), 'before it happened')
        )
        facts.append(
            ('%s: its VEs are up again, measured' % real['title'], 'after ' + span(happened), off(predicted, happened))
        )
    singles = [one for one in scenarios if one['kind'] == 'lose' and one['last_up'] is not None and one is not real]
    if singles:
        worst = max(singles, key=lambda one: one['last_up'])
        facts.append(
            (
                'A node dies: its VEs are up again after at most',
                span(worst['last_up']),
                'worst: %s, fenced after %s' % (worst['title'].split()[0], span(worst['fenced']))
                if worst['fenced']
                else 'worst: ' + worst['title'],
            )
        )
    boot = next((one for one in scenarios if one['kind'] == 'boot' and one['last_up'] is not None), None)
    if boot:
        facts.append(
            (
                'Cold boot: all VEs are up after',
                span(boot['last_up']),
                '%s on %s' % (count(boot['down'], 'VE'), count(len(result['nodes']), 'node')),
            )
        )
    if scenarios:
        worst = max(scenarios, key=lambda one: one['peak'])
        limits = sorted({str(limit) if limit is not None else 'none' for limit in result['limits'].values()})
        facts.append(
            ('VEs that boot at once on one node, at most', str(worst['peak']), 'limit: %s' % ', '.join(limits))
        )
        stays = max(scenarios, key=lambda one: len(one['cannot_run']))
        facts.append(
            (
                'VEs that stay down, at most',
                str(len(stays['cannot_run'])),
                'when %s' % _inside(stays['title']) if stays['cannot_run'] else 'in no scenario',
            )
        )
    return [{'label': label, 'value': value, 'detail': detail} for label, value, detail in facts]


def off(predicted, happened):
    """How far a prediction was from what happened."""
    if not predicted or happened is None:
        return ''
    more = happened - predicted
    return '%s (%.1f %%) %s than predicted' % (
        span(abs(more)),
        100.0 * abs(more) / predicted,
        'later' if more > 0 else 'earlier',
    )


def _inside(title):
    """A title in the middle of a sentence."""
    return title[0].lower() + title[1:] if title.startswith('Cold') else title


def _headline(level, scenarios, findings):
    bad = sum(one['level'] == 'broken' for one in scenarios)
    if level == 'broken':
        text = (
            '%s of %s something breaks' % ('In %d' % bad, count(len(scenarios), 'scenario'))
            if bad
            else 'Something is broken, whatever happens'
        )
        return 'Not fine. ' + text + '.'
    if level == 'warning':
        things = sum(finding['level'] == 'warning' for finding in findings)
        return 'It holds, with %s to watch.' % count(things, 'thing')
    return 'Fine. Nothing breaks in %s.' % count(len(scenarios), 'scenario')


def _advice(result):
    rows = sorted(
        result.get('advice') or [],
        key=lambda row: (row['starts_per_node'] is None, row['starts_per_node'], row['batch_limit']),
    )
    last = (
        max([number for number, row in enumerate(rows) if row['recommended'] or row.get('current')], default=0) + 2
    )  # two more, to see where it goes
    first = max(last + 1, FEW // 2)
    return {
        'rows': rows,
        'shown': rows[:first],
        'folded': rows[first:],
        'text': _advised(rows) if rows else '',
        'told': False,
        'total': any(row['batch_limit'] for row in rows),
    }


def _advised(rows):
    now = next((row for row in rows if row.get('current')), None)
    best = next((row for row in rows if row['recommended']), None)
    if best is None:
        return (
            'The limits of now satisfy all wishes.'
            if now and now['satisfies']
            else 'No limit satisfies all wishes: change a wish, shorten the boots, or add a node.'
        )
    if best is now or now is None:
        return ''
    changes = []
    if best['starts_per_node'] != now['starts_per_node']:
        changes.append(
            'starts_per_node: %s (now %s)' % (_limit(best['starts_per_node']), _limit(now['starts_per_node']))
        )
    if best['batch_limit'] != now['batch_limit']:
        changes.append('starts_total: %s (now %s)' % (best['batch_limit'] or 'none', now['batch_limit'] or 'none'))
    return (
        'Set policy.%s: the last VE is up after %s instead of %s, and at most %d instead of %d boot at once on a node.'
        % (' and policy.'.join(changes), span(best['recovery']), span(now['recovery']), best['peak'], now['peak'])
    )


def _limit(limit):
    return 'none' if limit is None else str(limit)


def _durations(durations):
    """Sums over all VEs, and where the times come from."""
    sources = {}
    for one in durations.values():
        sources[one['from']] = sources.get(one['from'], 0) + 1
    starts = sorted(one['start'] for one in durations.values())
    stops = sorted(one['stop'] for one in durations.values())
    if not starts:
        return {'text': '', 'rows': [], 'sources': sources}
    named = {
        'given': 'given',
        'history': 'its last start',
        'boot_time': 'boot_time as declared',
        'timeout': 'the start timeout',
        'default': 'assumed',
    }
    return {
        'text': 'A start takes %s (half of them at most %s), a stop %s. Where the start comes from: %s.'
        % (
            _range(starts),
            span(starts[len(starts) // 2]),
            _range(stops),
            ', '.join(
                '%s for %d' % (named.get(name, name), number)
                for name, number in sorted(sources.items(), key=lambda item: -item[1])
            ),
        ),
        'rows': sorted(
            (
                {
                    'name': name,
                    'start': one['start'],
                    'stop': one['stop'],
                    'from': one['from'],
                    'stop_from': one.get('stop_from', ''),
                }
                for name, one in durations.items()
            ),
            key=lambda row: (-row['start'], row['name']),
        ),
        'sources': sources,
    }


def _range(values):
    return span(values[0]) if values[0] == values[-1] else '%s to %s' % (span(values[0]), span(values[-1]))


def _groups(scenarios):
    """Scenarios of a kind together. Of a kind with many, those are featured that are worst; the rest is folded up."""
    groups = []
    for kind in KINDS:
        members = [one for one in scenarios if one['kind'] == kind]
        if not members:
            continue
        worst = sorted(members, key=lambda one: (LEVELS.index(one['level']), _gravity(one)))
        for place, one in enumerate(worst):
            one['featured'] = place == 0 or any(shown.get('measured') for shown in one['panels'])
        few = members if len(members) <= FEW else worst[:1]
        groups.append(
            {'kind': kind, 'title': KINDS[kind], 'shown': few, 'folded': [one for one in members if one not in few]}
        )
    return groups


def compared(scenario):
    """A table of a prediction beside what was measured: (what, [texts])."""
    panels = scenario['panels']
    if len(panels) < 2:
        return None
    rows = []
    for node in sorted({node for shown in panels for node in shown['fenced']}):
        rows.append(('%s is fenced after' % node, [span(shown['fenced'].get(node)) for shown in panels]))
    rows.append(('the last VE is up after', [span(shown['last_up']) for shown in panels]))
    for node in sorted({node for shown in panels for node, most in shown['peak']['per_node'].items() if most}):
        rows.append(('most at once on %s' % node, [str(shown['peak']['per_node'].get(node, 0)) for shown in panels]))
    rows.append(('most at once in all', [str(shown['peak']['total']) for shown in panels]))
    return {'columns': [shown['title'] for shown in panels], 'rows': rows}


def view(result, measured=(), title='Rehearsal', now=None):
    """All that the page and the terminal say. ``result`` may be None: then only what was measured is shown."""
    scenarios = []
    known = {scenario['name'] for scenario in result['scenarios']} if result else set()
    for number, scenario in enumerate(result['scenarios'] if result else [], 1):
        scenarios.append(
            _scenario(number, scenario, result, [one for one in measured if one['scenario'] == scenario['name']])
        )
    only = {}
    for one in measured:
        if one['scenario'] not in known:
            only.setdefault(one['scenario'], []).append(_measured(one, result))
    for name, panels in only.items():
        scenarios.append(
            {
                'id': 's%d' % (len(scenarios) + 1),
                'name': name,
                'kind': 'measured',
                'title': titled(name),
                'sentence': '',
                'level': 'ok',
                'verdicts': [],
                'last_up': panels[0]['last_up'],
                'peak': max(panels[0]['peak']['per_node'].values(), default=0),
                'busiest': None,
                'limit': None,
                'peak_total': panels[0]['peak']['total'],
                'down': 0,
                'longest_down': None,
                'healthy_down': [],
                'cannot_run': [],
                'wish': None,
                'fenced': None,
                'panels': panels,
                'ves': [],
            }
        )
    rehearsed = [one for one in scenarios if one['kind'] != 'measured']
    for scenario in scenarios:
        scenario['compared'] = compared(scenario)
        if scenario['compared'] and scenario['sentence']:
            scenario['sentence'] = 'Predicted: ' + scenario['sentence']
    findings, advice = _findings(result, rehearsed) if result else [], _advice(result or {})
    for finding in findings:
        if advice['text'] and finding['level'] == 'broken' and finding['rule'] in ('recovery', 'peak', 'peak-total'):
            finding['hint'], advice['told'] = advice['text'], True
    level = level_of(findings)
    about = []
    if result:
        about = [count(len(result['nodes']), 'node'), count(len(result['durations']), 'VE')]
        about.append('CIB from a file' if result.get('source') == 'file' else 'CIB of the running cluster')
        about.append('Pacemaker %s' % result.get('pacemaker', ''))
    about.append((now or datetime.now()).strftime('%Y-%m-%d %H:%M'))
    return {
        'title': title,
        'about': about,
        'level': level,
        'headline': _headline(level, rehearsed, findings) if result else title,
        'findings': [finding for finding in findings if finding['level'] != 'ok'],
        'holds': [finding for finding in findings if finding['level'] == 'ok'],
        'facts': _facts(rehearsed, result) if result else [],
        'scenarios': scenarios,
        'groups': _groups(scenarios),
        'advice': advice,
        'assumptions': (result or {}).get('assumptions', []),
        'durations': _durations((result or {}).get('durations', {})),
        'others': (result or {}).get('others', []),
        'limits': (result or {}).get('limits', {}),
        'batch_limit': (result or {}).get('batch_limit', 0),
        'wishes': (result or {}).get('wishes', {}),
        'longest': max((one['last_up'] or 0 for one in scenarios), default=0),
    }
