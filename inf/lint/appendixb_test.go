package lint

import "testing"

// appendixB has every section of WP Appendix B, as printed there where it can stand so, and what is seen in real packages.
const appendixB = good + `
[ProductInstall.CopyFilesAlways.Professional]
CopyFiles=CopyAlways.Prf.System32.files
[ProductInstall.CopyFilesAlways.Server]
  CopyFiles=CopyAlways.Srv.System32.files, CopyAlways.Srv.Inf.files
[ProductInstall.ReplaceFilesIfExist] ;text
CopyFiles=Cache.files
DelFiles=Old.files
RenFiles=Ren.files
[ProductInstall.DontDelayUntilReboot]
CopyFiles=Fonts.files
[ProductInstall.DataCenterFiles]
AddReg=Product.Add.Reg
[ProductInstall.UniprocessorFiles]
CopyFiles=Kernel.files
[ProductInstall.GlobalRegistryChanges.Reinstall]
AddReg=Product.Add.Reg
RegisterDlls=Product.Register
[ProductInstall.GlobalRegistryChanges.Append.IA]
AddReg=Append.IA.Reg
[Append.IA.Reg]
HKLM,"SYSTEM\Contoso","EventMessageFile",0x00020008,";%systemroot%\system32\more.dll"
HKLM,"SOFTWARE\Contoso","Open",0x00020000,"""%SystemRoot%\System32\opener.exe"" /i ""%1"" %*"
HKLM,"SOFTWARE\Contoso","NoList",0x00010000,""
HKLM,"SOFTWARE\Contoso",,,"the default"
HKLM,"SOFTWARE\Contoso\Empty"
HKLM,SOFTWARE\Contoso\File 1\,"Flags",0x0000000,""
[Product.Register]
11,,sample.dll,1
[IE7.AdditionalSettings.Save.Reg.For.Uninstall]
HKLM,SOFTWARE\Contoso\IE
[DestinationDirs]
CopyAlways.Prf.System32.files=11
CopyAlways.Srv.System32.files=10, System32
CopyAlways.Srv.Inf.files=17
Cache.files=65619  ; %WINDIR%\system32\DllCache (replace if exist)
Old.files=11
Ren.files=11
Fonts.files=20
Kernel.files=11
program_files.messenger.conditional=16422,Messenger
RIS.files=65625
[CopyAlways.Prf.System32.files]
[CopyAlways.Srv.System32.files]
[CopyAlways.Srv.Inf.files]
[Cache.files]
  a.dll,SP2QFE\a.dll
[Old.files]
old.dll,,,1
[Ren.files]
new.txt,old.txt
[Fonts.files]
[Kernel.files]
ntoskrnl.exe,SP2QFE\ntkrnlmp.exe
[SourceDisksFiles.x86]
SP2QFE\ntkrnlmp.exe=1
msmsgs.exe=1
ris.dll=1
[ArchiveCatalogFilesOnly]
    tabletpc.cat
    comctl.cat
[DirectoryId.Include]
AddDirId = RISAdm.DirId
[RISAdm.DirId]
  DirId = 65625
  CustomFunction = SpCustom.dll,GetRISAdminPathName
  InstallFromSection = RISAdminSection
  CopyFlags = SP_COPY_FORCE_NEWER | SP_COPY_REPLACEONLY
[RISAdminSection]
CopyFiles=RIS.files
[RIS.files]
ris.dll
[Prerequisite]
condition=SingleOp,OnACPower.Section
[OnACPower.Section]
    EqualOp=CheckCustom,,spcustom.dll,OnACPower,,"==", 1
    Display_String=%NotOnACPowerMsg%
[PreRequisite.Uninstall]
[ProductInstall.Conditional]
FileCondition=WindowsMessenger.Condition
[WindowsMessenger.Condition]
    InstallFromSection=WindowsMessenger.Files
    Operation=CustomFunction,spcustom.dll,IsWMUpgradeable
    CopyFlags=SP_COPY_NEWER_OR_SAME
[WindowsMessenger.Files]
    CopyFiles=program_files.messenger.conditional
[program_files.messenger.conditional]
msmsgs.exe
[Register.Include]
RegCondition=WM.Reg.Install.Condition
[WM.Reg.Install.Condition]
    InstallFromSection=WMSection
    Operation=CustomFunction,spcustom.dll,IsWMUpgradeable
    TargetFromSection=program_files.messenger.conditional
[WMSection]
AddReg=Product.Add.Reg
[DEVICEID.EXCLUSIONS]
    bth\ms_bthbrb
[PROVIDER.EXCLUSIONS]
    Microsoft
[OEMDriver.Exclusions]
[ProcessesToRun]
"%SystemRoot%\Microsoft.NET\Framework\v1.0.3705\copy2gac /i /a /p:""%16427%\microsoft shared\ink\1.7\"""
[ProcessesToRun.Professional]
[ProcessesToRunAfterReboot]
[DeviceClassList]
    bluetooth={e0cbf06c-cd8b-4647-bb8a-263b43f0f974}
[DevicesToUpgrade]
    *PNP0103 = machine.inf
    PCI\VEN_1022&DEV_7451 = machine.inf
[WatsonManifestMode.Cancel]
    InvokeWatsonManifest=1
    EventType="UpdateCancel"
    Details_Post_Body=%NotOnACPowerMsg%
[ServicesToStopAndStart]
msiserver
[LinkItems.Create.Uninstall]
[Del.Reg.Uninstall]
[Strings]
NotOnACPowerMsg="No power"
[Configuration]
noPNPfiles=1
UnInstallDirName        = $NtUninstall%SP_SHORT_TITLE%$
EventLogKeyName         = NtServicePack
ServiceFileInUseDetect  = 1
AppFileInUseDetect=3
DeviceClassInfo=1
`

// TestAppendixB: lint knows the white paper's own file. What the typed reader has no form for is said, and nothing else.
func TestAppendixB(t *testing.T) {
	for _, f := range Check("update.inf", crlf(appendixB), Options{}) {
		if f.Check != "unsupported" {
			t.Error(f)
		}
	}
}
