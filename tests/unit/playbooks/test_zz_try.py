import os, pytest
FENCING = [{'id': 'f', 'agent': 'fence_dummy', 'hosts': ['n1']}]
def inventory(**v):
    return {'all': {'children': {'nodes': {'hosts': {'n1': {}, 'n2': {'cluster_addresses': ['192.0.2.2'], 'cluster_node_name': 'n2'}, 'n3': {'cluster_addresses': ['192.0.2.3'], 'cluster_node_name': 'n3'}}}}, 'vars': dict({'openve_ves': [{'id': 101, 'engine': 'lxc'}], 'cluster_addresses': ['192.0.2.1'], 'cluster_node_name': 'n1'}, **v)}}
@pytest.mark.parametrize('o', ['--tags cluster','--tags agent','--tags resources','--tags stagger','--skip-tags cluster', '--skip-tags agent','--skip-tags resources','--skip-tags stagger','--limit n2', '--limit n2 --tags resources', ''])
def test_x(ansible_playbook, cluster, o):
    code, out = ansible_playbook('openve.pacemaker.site', inventory(cluster_fencing=FENCING), '--check', *o.split(), env=cluster.env)
    print(out); assert code == 0
