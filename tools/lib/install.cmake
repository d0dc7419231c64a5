# Run by cmake --install: the program's other names, and the units with the paths that were chosen.
cmake_path(APPEND CMAKE_INSTALL_PREFIX sbin OUTPUT_VARIABLE sbin)
cmake_path(APPEND CMAKE_INSTALL_PREFIX share/doc/signet OUTPUT_VARIABLE docs)
set(root "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")

file(MAKE_DIRECTORY ${root}/bin ${root}/lib)
foreach(face sendmail makemap editmap praliases)
  file(CREATE_LINK signet ${root}/sbin/${face} SYMBOLIC)
endforeach()
foreach(face mailq newaliases)
  file(CREATE_LINK ../sbin/signet ${root}/bin/${face} SYMBOLIC)
endforeach()
file(CREATE_LINK ../sbin/sendmail ${root}/lib/sendmail SYMBOLIC)

foreach(unit signet.service signet-client-queue.service signet-client-queue.timer)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/../systemd/${unit}.in ${root}/lib/systemd/system/${unit} @ONLY)
endforeach()
