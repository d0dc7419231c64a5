divert(-1)
_feature(`require_rdns')
