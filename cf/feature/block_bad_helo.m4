divert(-1)
_feature(`block_bad_helo')
