divert(-1)
_feature(`virtuser_entire_domain')
