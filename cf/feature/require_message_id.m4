divert(-1)
_feature()
