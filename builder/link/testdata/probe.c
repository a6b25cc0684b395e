/* probe FILE: prints what the version functions and FormatMessage read from a file. */
#include <windows.h>
#include <stdio.h>

int main(int n, char **arg)
{
	static char buf[65536];
	const char *names[] = {"KB Article Number", "Applies to", "FileVersion", "InternalName"};
	DWORD ids[] = {4371, 4373, 4374, 4377, 4382, 4372};
	DWORD_PTR inserts[] = {(DWORD_PTR)"text of the event"};
	UINT len, i;
	char *s, path[128];
	HMODULE h;

	if (GetFileVersionInfoA(arg[1], 0, sizeof buf, buf))
		for (i = 0; i < 4; i++) {
			sprintf(path, "\\StringFileInfo\\000004B0\\%s", names[i]);
			if (VerQueryValueA(buf, path, (void **)&s, &len))
				printf("%s=%s\n", names[i], s);
		}
	h = LoadLibraryExA(arg[1], NULL, LOAD_LIBRARY_AS_DATAFILE);
	for (i = 0; h && i < 6; i++) {
		if (FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, h, ids[i], 0, buf, 1000, (void *)inserts))
			printf("%lu=%s", ids[i], buf);
	}
	if (h && FindResourceA(h, MAKEINTRESOURCEA(1), MAKEINTRESOURCEA(24)))
		printf("manifest\n");
	h = LoadLibraryA(arg[1]);
	printf("loads=%d\n", h != NULL);
	return 0;
}
