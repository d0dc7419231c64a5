divert(-1)
_feature(`always_add_domain')
