# cmake -DFROM=file -DTO=file.c -P Embed.cmake: the bytes of a file as contract_descriptor_set().
file(READ ${FROM} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${TO} "#include \"contract.h\"
static const uint8_t bytes[] = {${bytes}};
const uint8_t *contract_descriptor_set(size_t *ret_size)
{
	*ret_size = sizeof bytes;
	return bytes;
}
")
