divert(-1)
_feature(`relay_entire_domain')
