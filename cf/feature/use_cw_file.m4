divert(-1)
_feature(`use_cw_file')
_line(`Fw'confCW_FILE)
