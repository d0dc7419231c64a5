divert(-1)
_feature(`check_cert_altnames')
