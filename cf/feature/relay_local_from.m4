divert(-1)
_feature(`relay_local_from')
