/*
 * bcryptprimitives.dll for Wine prefixes of tests. Never ship it.
 *
 * The Go runtime loads this DLL from system32 at start and draws its random bytes from ProcessPrng. Wine 8.0 (Debian 12)
 * has no such DLL, so no Go program would start. RtlGenRandom (exported as SystemFunction036 by advapi32) is Wine's
 * generator of the same kind; it takes lengths of 32 bits, ProcessPrng those of a pointer.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

static const ULONG chunk = 1u << 20;

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    for (SIZE_T done = 0; done < length;) {
        ULONG n = length - done < chunk ? (ULONG)(length - done) : chunk;
        if (!SystemFunction036(buffer + done, n))
            return FALSE;
        done += n;
    }
    return TRUE;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    return TRUE;
}
