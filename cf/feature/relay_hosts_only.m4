divert(-1)
_plain()
_m4_define(`_RELAY_HOSTS_ONLY_', `1')
