divert(-1)
_feature(`accept_unresolvable_domains')
