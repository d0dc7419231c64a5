divert(-1)
# _arg1, domain: a DOMAIN asks for it, so the site may not have the file.
_feature(`use_cw_file', defn(`_arg1'))
_m4_define(`_names_are_in_a_file', `')
_m4_define(`_names_line', defn(`_at_line'))
_m4_define(`_names_file', defn(`_at_file'))
