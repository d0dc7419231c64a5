divert(-1)
_feature(`masquerade_entire_domain')
