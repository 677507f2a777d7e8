# proto/*.proto is the only place where a field is described. From it: C structures by protoc-c, and the descriptor set
# with options and comments, embedded as bytes. A new .proto file is picked up by its being there.
find_program(PROTOC_C protoc-c REQUIRED)
find_program(PROTOC protoc REQUIRED)
find_path(PROTOBUF_INCLUDE google/protobuf/descriptor.proto REQUIRED)

file(GLOB protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proto/*.proto)
set(out ${PROJECT_BINARY_DIR}/contract)
set(generated)
set(proto_names)
foreach(proto ${protos})
  get_filename_component(name ${proto} NAME_WE)
  list(APPEND proto_names ${name}.proto)
  list(APPEND generated ${out}/${name}.pb-c.c ${out}/${name}.pb-c.h)
endforeach()
list(APPEND generated ${out}/google/protobuf/descriptor.pb-c.c ${out}/google/protobuf/descriptor.pb-c.h)
file(MAKE_DIRECTORY ${out})

add_custom_command(
  OUTPUT ${generated}
  COMMAND ${PROTOC_C} -I${PROJECT_SOURCE_DIR}/proto -I${PROTOBUF_INCLUDE} --c_out=${out} ${proto_names}
          google/protobuf/descriptor.proto
  DEPENDS ${protos}
  COMMENT "protoc-c: messages")
add_custom_command(
  OUTPUT ${out}/contract.desc
  COMMAND ${PROTOC} -I${PROJECT_SOURCE_DIR}/proto -I${PROTOBUF_INCLUDE} --include_imports --include_source_info
          --descriptor_set_out=${out}/contract.desc ${proto_names}
  DEPENDS ${protos}
  COMMENT "protoc: descriptor set")
add_custom_command(
  OUTPUT ${out}/descriptor_set.c
  COMMAND ${CMAKE_COMMAND} -DFROM=${out}/contract.desc -DTO=${out}/descriptor_set.c
          -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
  DEPENDS ${out}/contract.desc ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
  COMMENT "embedding the descriptor set")

add_library(baocao_messages STATIC ${generated} ${out}/descriptor_set.c)
target_include_directories(baocao_messages PUBLIC ${out} PRIVATE ${PROJECT_SOURCE_DIR}/proto)
target_link_libraries(baocao_messages PUBLIC PkgConfig::PROTOBUF_C PRIVATE baocao_hardening)
