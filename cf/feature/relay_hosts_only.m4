divert(-1)
_feature(`relay_hosts_only')
