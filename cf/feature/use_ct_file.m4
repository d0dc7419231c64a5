divert(-1)
_feature(`use_ct_file')
