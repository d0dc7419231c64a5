divert(-1)
dnl What the file of Debian's package sets: the certificates that it makes, and no question for those of clients.
define(`confDONT_BLAME_SENDMAIL', defn(`confDONT_BLAME_SENDMAIL')`,GroupReadableKeyFile')
define(`confTO_STARTTLS', `2m')
define(`confCACERT_PATH', `/etc/ssl/certs')
define(`confCACERT', `/etc/mail/tls/sendmail-server.crt')
define(`confSERVER_CERT', `/etc/mail/tls/sendmail-server.crt')
define(`confSERVER_KEY', `/etc/mail/tls/sendmail-common.key')
define(`confCLIENT_CERT', `/etc/mail/tls/sendmail-client.crt')
define(`confCLIENT_KEY', `/etc/mail/tls/sendmail-common.key')
define(`confDH_PARAMETERS', `/etc/mail/tls/sendmail-common.prm')
define(`confTLS_SRV_OPTIONS', `')
divert(0)dnl
