divert(-1)
_feature()
ifdef(`_EDNSBL_R_', `', `_line(`Kednsbl dns -R A -a. -T<TMP> -r`'ifdef(`EDNSBL_TO', `EDNSBL_TO', `5')')')
_m4_define(`_EDNSBL_R_', `1')
