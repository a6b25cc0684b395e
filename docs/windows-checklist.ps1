# Checks on a real Windows what the test suite, which runs under Wine, cannot: see windows-checklist.md, whose tables name the
# same points. Run it as administrator, on a machine that may be restarted. The exit code is the number of points that failed.
param(
    [Parameter(Mandatory)] [string] $HostTest, # GOOS=windows go test -c ./installer/host/winhost
    [Parameter(Mandatory)] [string] $Package,  # a package made for this machine
    [string] $Kbforge = 'kbforge.exe',         # for the certificate stores
    [switch] $Unattended                       # skip what a person must look at
)
$ErrorActionPreference = 'Stop'
$script:failed = 0

function Check([string] $Point, [scriptblock] $Test) {
    try { & $Test; Write-Host "PASS  $Point" }
    catch { $script:failed++; Write-Host "FAIL  ${Point}: $_" }
}

function Look([string] $Point, [string] $What) {
    if ($Unattended) { Write-Host "SKIP  $Point"; return }
    Write-Host "LOOK  ${Point}: $What"
    if ((Read-Host '      as described? (y/n)') -ne 'y') { $script:failed++; Write-Host "FAIL  $Point" } else { Write-Host "PASS  $Point" }
}

# HostTest runs tests of the host's test binary; one that is skipped or runs nothing fails.
function HostTest([string] $Pattern) {
    $out = & $HostTest '-test.v' '-test.run' $Pattern 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0 -or $out -notmatch '--- PASS' -or $out -match 'NOT TESTED HERE') { throw $out }
}

Check 'attributes' {
    HostTest '^TestSuite$/(Write|Move)'
}
Check 'case after a rename' {
    HostTest '^TestSuite$/Move'
}
Check 'owner, group, DACL of a replaced file' {
    HostTest '^TestSuite$'
}
Check 'files of TrustedInstaller' {
    HostTest '^TestTrustedInstaller$'
}
Check 'Restart Manager' {
    HostTest '^TestRestartManager$'
}
Check 'symbolic links and junctions' {
    HostTest '^TestSuite$/Links'
}
Look 'deduplicated and compressed (CompactOS) files' 'read and replace one'
Look 'error 5 for a file in use, against error 5 for missing rights' 'replace a file whose DACL denies the caller: must be "access denied", not "in use"'
Look '`AddCatalog`' 'takes a catalog only; run the suite with a signed one (`Factory.Catalog`); `signtool verify /kp /v /c` a member afterwards'
Look '`VerifyCatalog`' 'install a package signed with a development key: a warning in the log; after its root is trusted: none; with one byte of the catalog''s list changed: refused with 0x80096010; with `RequireSignature` 1 and the root not trusted: 0x800B0109'
Check '`ReportEvent`' {
    $n = @(Get-WinEvent -FilterHashtable @{LogName = 'System'; ProviderName = 'kbforge-hosttest'} -ErrorAction SilentlyContinue).Count
    if ($n -lt 3) { throw "$n entries, want 3 (run the suite first)" }
}
Look 'privileges' 'as a user without administrator rights: the missing ones are named'
Look '`Restart`' 'restarts; the reason in the log is "Operating System: Hot fix (Planned)"'
Look '`FlushRegistry`' 'power cut after it: the values are there'
Look '`Folder`' '3 (control panel) is refused; 38 and 43 are the 64-bit ones to a 386 program'
Look '`Info` on ARM64, and of an amd64 or 386 program there' '`Arch` is `arm64`'
Look '`Info.SafeMode`' 'start in safe mode'
Look 'shared registry keys in the 32-bit view' '`HKLM\SOFTWARE\Policies` is one key in both views'
Look '`kbforge … --image` run on Windows itself' 'the tests of `installer/host/imagehost`: `GOOS=windows go test -c ./installer/host/imagehost`'
Look '32-bit program, `regedit.exe` and `lastgood\system32`' 'reads the native files'

# SignByStore makes a certificate with a key of a provider in My of the current user and has kbforge sign with it. The chain is not trusted.
function SignByStore([string] $Provider, [hashtable] $KeyKind) {
    $cert = New-SelfSignedCertificate -Type CodeSigningCert -Subject 'CN=kbforge-hosttest' -CertStoreLocation Cert:\CurrentUser\My -Provider $Provider @KeyKind
    $file = Join-Path $env:TEMP 'kbforge-hosttest.exe'
    try {
        Copy-Item "$env:SystemRoot\System32\where.exe" $file -Force
        & $Kbforge sign --thumbprint $cert.Thumbprint $file
        if ($LASTEXITCODE -ne 0) { throw "kbforge sign: $LASTEXITCODE" }
        $is = Get-AuthenticodeSignature $file
        if ($is.SignerCertificate.Thumbprint -ne $cert.Thumbprint -or $is.Status -notin 'Valid', 'UnknownError', 'NotTrusted') { throw "$($is.Status): $($is.StatusMessage)" }
    } finally {
        Remove-Item $file -ErrorAction SilentlyContinue
        Remove-Item "Cert:\CurrentUser\My\$($cert.Thumbprint)" -DeleteKey
    }
}

Check 'signing with a CNG key of a store' {
    SignByStore 'Microsoft Software Key Storage Provider' @{ KeyAlgorithm = 'RSA'; KeyLength = 3072 }
    SignByStore 'Microsoft Software Key Storage Provider' @{ KeyAlgorithm = 'ECDSA_nistP256'; CurveExport = 'CurveName' }
}
Check 'signing with an old CryptoAPI key of a store' {
    SignByStore 'Microsoft Strong Cryptographic Provider' @{ KeyAlgorithm = 'RSA'; KeyLength = 2048; KeySpec = 'Signature' }
}
Look 'signing with a key of a smart card' 'kbforge sign --thumbprint with several files: Windows asks for the PIN once'
Look 'look of the pages' 'the pages of [wizard.md](wizard.md) in the style of the machine; nothing cut off; the caption active'
Look 'high DPI' 'at 150 % and 200 %, and moved between screens of different scale: text sharp, nothing cut off, title bold'
Look 'high contrast' 'every text readable, the head in the colours of a window'
Look 'right to left' 'with Windows in Hebrew or Arabic the texts are English and the windows not mirrored; with a table in such a language they are'
Look 'screen reader' 'Narrator reads title, action and bar, the licence with its label, each question'
Look 'printing a licence' 'the licence on paper or in a PDF, whole, with margins'
Look 'folder dialog' 'Browse on the archive page gives a folder'
Look 'extraction dialog' 'a package of over 100 MB: a bar, Cancel ends it and leaves no directory; with /passive no Cancel; with /quiet nothing'
Look 'focus between programs' 'the wizard is in front after the extraction'
Look 'no desktop' 'as a service or over a remote shell, without a switch: ends with 61453 (with /ER), nothing waits'
Look 'console of the caller' 'from cmd.exe: progress lines and /help appear in that console'
Look 'restart from the last page' 'Finish restarts; with the box checked it does not, and 3010 reaches the caller'
Look 'Windows Error Reporting' 'make an installation fail in the middle (a full disk) and agree to the report: it is in Reliability Monitor with the zip; with /quiet it is in the queue and no window appears'
Look 'countdown of /passive' '30 seconds, above other windows, then a restart'
Check 'permissions of the extraction directory' {
    $p = Start-Process $Package -PassThru
    try {
        $dir = $null
        foreach ($i in 1..100) {
            $update = Get-Process update -ErrorAction SilentlyContinue | Select-Object -First 1
            if ($update) { $dir = Split-Path (Split-Path $update.Path); break }
            Start-Sleep -Milliseconds 200
        }
        if (-not $dir) { throw 'update.exe did not start' }
        $acl = Get-Acl $dir
        if (-not $acl.AreAccessRulesProtected) { throw 'permissions are inherited' }
        $sids = $acl.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier]) | ForEach-Object { $_.IdentityReference.Value } | Sort-Object -Unique
        if (Compare-Object $sids @('S-1-5-18', 'S-1-5-32-544')) { throw "open to $sids" }
    } finally { Get-Process update -ErrorAction SilentlyContinue | Stop-Process -Force; $p | Wait-Process -Timeout 60 -ErrorAction SilentlyContinue }
}
Look 'the service UpdateRecovery' 'cut the power in the middle of an installation: before anybody logs on the machine is as before, update.log says so, and the service is gone'
Look 'a planted DLL' 'a `version.dll` beside the package that writes a file when loaded: it is not loaded'
Look 'programs of other makers' 'with an application control policy that allows the package''s signer only: installs and removes'
Look '`SetRestorePoint`' 'on Windows 10 with protection on: the log says "System Restore Point set."; `Get-ComputerRestorePoint` lists "Installed …"; after a failed installation it does not; with protection off the log says that none is taken'

Write-Host "$script:failed failed"
exit $script:failed
