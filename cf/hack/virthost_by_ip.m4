divert(-1)
_m4_define(`_found', `')
dnl This host is called as the address is that a client came to. The form of Received: is nobody's choice here.
define(`confSMTP_LOGIN_MSG', `$?{if_name}${if_name}$|$j$. Sendmail $v/$Z; $b; (No UCE/UBE) $?{client_addr}logging access from: ${client_name}(${client_resolve})-$_$.')
