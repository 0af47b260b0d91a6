set(folder ${BUILD}/tests/install)
file(REMOVE_RECURSE ${folder}/first ${folder}/moved ${folder}/build)

execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --component library --prefix ${folder}/first
                COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${folder}/first ${folder}/moved)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${folder}/build -G ${GENERATOR}
                        -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_PREFIX_PATH=${folder}/moved
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${folder}/build/consumer COMMAND_ERROR_IS_FATAL ANY)
