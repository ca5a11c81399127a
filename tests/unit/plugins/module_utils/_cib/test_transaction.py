# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guarded patch: pushed onto the CIB that it was made for, and no edit of anybody is lost."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ConflictError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, history, transaction, tree


def limit(value):
    return lambda root: attributes.set_property(root, 'node-action-limit', value)


def patches(cib_file):
    return sum(argv[:2] == ['cibadmin', '--patch'] for argv in cib_file.calls)


def add_dummy(name):
    def edit(root):
        tree.merge(
            tree.section(root, 'resources'),
            ET.fromstring('<primitive id="%s" class="ocf" provider="pacemaker" type="Dummy"/>' % name),
        )

    return edit


def test_a_change_reaches_the_cib(cib_file):
    result = transaction.change(cib_file.run, limit('2'))
    assert result.changed and result.attempts == 1
    assert attributes.get_property(tree.query(cib_file.run), 'node-action-limit') == '2'


def test_the_second_run_changes_nothing_and_leaves_the_epoch(cib_file):
    transaction.change(cib_file.run, limit('2'))
    before = cib_file.text()
    result = transaction.change(cib_file.run, limit('2'))
    assert not result.changed and result.attempts == 0 and result.patch == ''
    assert result.before == result.after == ''
    assert cib_file.text() == before


def test_check_mode_computes_the_patch_that_would_be_pushed(cib_file):
    text = cib_file.text()
    predicted = transaction.change(cib_file.run, limit('2'), check=True)
    assert predicted.changed and predicted.attempts == 0
    assert cib_file.text() == text
    assert transaction.change(cib_file.run, limit('2')).patch == predicted.patch


def result_comes_in(cib_file):
    root = ET.fromstring(cib_file.text())
    root.set('num_updates', str(int(root.get('num_updates')) + 7))
    cib_file.path.write_text(ET.tostring(root, encoding='unicode'))


def old_patches_only(cib_file, limit_=1000):
    """A runner, as Pacemaker 3 is: a patch without num_updates is refused; until then a result comes in before each."""
    left = [limit_]

    def run(argv, stdin=None):
        if argv[1] == '--patch':
            if left[0]:
                left[0] -= 1
                result_comes_in(cib_file)
            if 'num_updates=' not in re.search('<source[^>]*>', stdin).group():
                return 1, '', 'Invalid argument'
        return cib_file.run(argv, stdin)

    return run


def test_operation_results_meanwhile_are_no_conflict(cib_file):
    """Each moves num_updates, and Pacemaker then refuses the patch with 103. There may be one before every push."""
    cib_file.before = lambda argv: argv[1] == '--patch' and result_comes_in(cib_file)
    edits = []
    result = transaction.change(cib_file.run, lambda root: (edits.append(1), limit('2')(root)))
    assert result.changed and result.attempts == 2
    assert len(edits) == 1, 'the configuration did not move, so nothing is computed anew'
    assert attributes.get_property(tree.query(cib_file.run), 'node-action-limit') == '2'


def test_an_edit_between_two_pushes_is_seen_without_num_updates_too(cib_file):
    pushes = []

    def meanwhile(argv):
        if argv[1] == '--patch':
            pushes.append(argv)
            if len(pushes) == 1:
                result_comes_in(cib_file)
            elif len(pushes) == 2:
                cib_file.tool(
                    'cibadmin',
                    '--create',
                    '--scope',
                    'resources',
                    '--xml-text',
                    '<primitive id="theirs" class="ocf" provider="pacemaker" type="Dummy"/>',
                )

    cib_file.before = meanwhile
    result = transaction.change(cib_file.run, add_dummy('ours'))
    assert result.attempts == 3
    assert [element.get('id') for element in tree.section(tree.query(cib_file.run), 'resources')] == ['theirs', 'ours']


def test_where_pacemaker_wants_num_updates_it_is_tried_with_the_newest(cib_file):
    edits = []
    result = transaction.change(old_patches_only(cib_file, 3), lambda root: (edits.append(1), limit('2')(root)))
    assert result.changed and result.attempts == 4
    assert len(edits) == 1, 'the configuration did not move, so nothing is computed anew'
    assert attributes.get_property(tree.query(cib_file.run), 'node-action-limit') == '2'


def test_operation_results_without_end_are_not_waited_for_without_end(cib_file, monkeypatch):
    clock = iter(range(0, 10000, 7))
    monkeypatch.setattr(transaction.time, 'monotonic', lambda: next(clock))

    text = tree.query(cib_file._run).find('configuration')
    with pytest.raises(ConflictError, match='9 attempts'):
        transaction.change(old_patches_only(cib_file), limit('2'))
    assert tree.same(tree.query(cib_file._run).find('configuration'), text)


def test_an_edit_by_somebody_else_meanwhile_is_kept(cib_file):
    def somebody(argv):
        if argv[1] == '--patch':
            cib_file.before = lambda argv: None
            cib_file.tool(
                'cibadmin',
                '--create',
                '--scope',
                'resources',
                '--xml-text',
                '<primitive id="theirs" class="ocf" provider="pacemaker" type="Dummy"/>',
            )

    cib_file.before = somebody
    edits = []
    result = transaction.change(cib_file.run, lambda root: (edits.append(root), add_dummy('ours')(root)))
    assert result.changed and result.attempts == 2 and len(edits) == 2
    ids = [element.get('id') for element in tree.section(tree.query(cib_file.run), 'resources')]
    assert ids == ['theirs', 'ours']


def test_when_somebody_else_made_the_very_same_change_there_is_none_left(cib_file):
    def somebody(argv):
        if argv[1] == '--patch':
            cib_file.before = lambda argv: None
            limited = transaction.change(cib_file._run, limit('2'))
            assert limited.changed

    cib_file.before = somebody
    result = transaction.change(cib_file.run, limit('2'))
    assert not result.changed and result.attempts == 1


def test_tries_are_bounded(cib_file, monkeypatch):
    monkeypatch.setattr(transaction.time, 'sleep', lambda seconds: None)
    monkeypatch.setattr(transaction, 'TRIES', 4)
    count = iter(range(1000))

    def somebody(argv):
        if argv[1] == '--patch':
            cib_file.tool(
                'cibadmin',
                '--modify',
                '--allow-create',
                '--scope',
                'crm_config',
                '--xml-text',
                '<cluster_property_set id="cib-bootstrap-options"><nvpair id="x" name="x" value="%d"/>'
                '</cluster_property_set>' % next(count),
            )

    cib_file.before = somebody
    with pytest.raises(ConflictError, match='4 attempts'):
        transaction.change(cib_file.run, limit('2'))
    assert patches(cib_file) == 4
    assert attributes.get_property(tree.query(cib_file._run), 'node-action-limit') is None


def test_whitespace_attribute_order_and_element_order_are_no_change(cib_file):
    def shuffle(root):
        for element in root.iter():
            element.text, element.tail = '\n ', '\n\n'
            attributes = list(element.attrib.items())[::-1]
            element.attrib.clear()
            element.attrib.update(attributes)
        properties = root.find('.//cluster_property_set')
        properties[:] = list(properties)[::-1]
        assert len(properties) == 2

    assert not transaction.change(cib_file.run, shuffle).changed
    assert patches(cib_file) == 0


def test_the_order_of_group_members_is_a_change(cib_file):
    members = ''.join('<primitive id="%s" class="ocf" provider="pacemaker" type="Dummy"/>' % name for name in 'ab')
    cib_file.tool('cibadmin', '--create', '--scope', 'resources', '--xml-text', '<group id="g">%s</group>' % members)

    def swap(root):
        group = root.find('.//group')
        group[:] = list(group)[::-1]

    result = transaction.change(cib_file.run, swap)
    assert result.changed
    assert [member.get('id') for member in tree.query(cib_file.run).find('.//group')] == ['b', 'a']


def test_comments_in_the_cib_survive(cib_file):
    cib_file.path.write_text(
        cib_file.text().replace(
            '<resources/>',
            '<resources><!-- mine --><primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/>'
            '<!-- also mine --></resources>',
        )
    )
    assert transaction.change(cib_file.run, add_dummy('b')).changed
    assert not transaction.change(cib_file.run, add_dummy('b')).changed
    text = cib_file.text()
    assert '<!-- mine -->' in text and '<!-- also mine -->' in text
    assert text.index('id="a"') < text.index('id="b"')


def reviewed(runner, edit, review, check=False):
    """As those do it who look at a draft before it is pushed."""
    for draft in transaction.drafts(runner, edit):
        review(draft)
        if check or draft.push():
            break
    return draft


def test_who_looks_at_a_draft_may_refuse_it(cib_file):
    def review(draft):
        assert draft.changed and 'node-action-limit' in draft.after
        raise CibError('no')

    text = cib_file.text()
    with pytest.raises(CibError, match='^no$'):
        reviewed(cib_file.run, limit('2'), review=review)
    assert cib_file.text() == text


@pytest.mark.parametrize('taken', [True, False])
def test_when_the_answer_to_a_push_is_lost_the_cib_tells(cib_file, taken):
    def run(argv, stdin=None):
        if argv[1] != '--patch':
            return cib_file.run(argv, stdin)
        if taken:
            cib_file.run(argv, stdin)
        return 107, '', 'Transport endpoint is not connected\n'

    if taken:
        assert transaction.change(run, limit('2')).changed
    else:
        with pytest.raises(ToolError, match='cibadmin --patch failed with 107: Transport'):
            transaction.change(run, limit('2'))
    assert attributes.get_property(tree.query(cib_file.run), 'node-action-limit') == ('2' if taken else None)


# Entries of the history that go along with a change

ENTRY = ('1', 'a', 'a_last_failure_0')


def with_history(cib_file, rc='0'):
    root = ET.fromstring(cib_file.text())
    root.find('status')[:] = [
        ET.fromstring(
            '<node_state id="%d" uname="n%d" in_ccm="true" crmd="online"><lrm id="%d"><lrm_resources><lrm_resource id="a" class="ocf" provider="pacemaker" '
            'type="Dummy"><lrm_rsc_op id="a_last_failure_0" operation="monitor" rc-code="%s"/><lrm_rsc_op id="a_monitor_10000"/></lrm_resource>'
            '</lrm_resources></lrm></node_state>' % (number, number, number, rc)
        )
        for number in (1, 2)
    ]
    root.set('num_updates', str(int(root.get('num_updates')) + 3))
    cib_file.path.write_text(ET.tostring(root, encoding='unicode'))


@pytest.fixture
def forget_one(cib_file):
    return lambda draft: draft.forget([ENTRY])


def recorded(cib_file):
    return sorted((key[0], key[2]) for key in history.entries(ET.fromstring(cib_file.text())))


ALL = [(node, entry) for node in '12' for entry in ('a_last_failure_0', 'a_monitor_10000')]


def test_an_entry_of_the_history_goes_in_the_same_patch(cib_file, forget_one):
    with_history(cib_file)
    planned = reviewed(cib_file.run, limit('2'), check=True, review=forget_one)
    assert recorded(cib_file) == ALL
    result = reviewed(cib_file.run, limit('2'), review=forget_one)
    assert result.patch == planned.patch and patches(cib_file) == 1 and result.attempts == 1
    assert (
        recorded(cib_file) == ALL[1:] and attributes.get_property(tree.query(cib_file._run), 'node-action-limit') == '2'
    )


def test_results_meanwhile_do_not_keep_it_from_going(cib_file, forget_one):
    with_history(cib_file)

    def once(argv):
        if argv[1] == '--patch':
            cib_file.before = lambda argv: None
            result_comes_in(cib_file)

    cib_file.before = once
    reviews = []
    result = reviewed(cib_file.run, limit('2'), review=lambda draft: (reviews.append(1), forget_one(draft)))
    assert result.attempts == 2 and len(reviews) == 1 and recorded(cib_file) == ALL[1:]


def test_an_entry_that_became_another_meanwhile_is_looked_at_again(cib_file, forget_one):
    """A real failure has come in under the same id."""
    with_history(cib_file)

    def failure(argv):
        if argv[1] == '--patch':
            cib_file.before = lambda argv: None
            with_history(cib_file, rc='1')

    cib_file.before = failure
    seen = []

    def review(draft):
        seen.append(history.entries(draft.old)[ENTRY].get('rc-code'))
        if seen[-1] == '0':
            forget_one(draft)

    result = reviewed(cib_file.run, limit('2'), review=review)
    assert seen == ['0', '1'] and result.attempts == 2 and recorded(cib_file) == ALL
    assert attributes.get_property(tree.query(cib_file._run), 'node-action-limit') == '2'
