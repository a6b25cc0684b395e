package status

// The extended return codes, each with the name it has in WP table 24.
const (
	FailedLanguageType                     uint32 = 61441 // STATUS_FAILED_LANGUAGE_TYPE
	CheckedFreeMismatch                    uint32 = 61442 // STATUS_CHECKED_FREE_MISMATCH
	NotEnoughSpace                         uint32 = 61443 // STATUS_NOT_ENOUGH_SPACE
	InsufficientPrivs                      uint32 = 61444 // STATUS_INSUFFICIENT_PRIVS
	UnknownProductType                     uint32 = 61445 // STATUS_UNKNOWN_PRODUCT_TYPE
	SetupLogNotFound                       uint32 = 61446 // STATUS_SETUP_LOG_NOT_FOUND
	CantFindINF                            uint32 = 61447 // STATUS_CANT_FIND_INF
	UpdateSuccessful                       uint32 = 61448 // STATUS_UPDATE_SUCCESSFUL
	UpdateUnsuccessful                     uint32 = 61449 // STATUS_UPDATE_UNSUCCESSFUL
	ShutdownUnsuccessful                   uint32 = 61450 // STATUS_SHUTDOWN_UNSUCCESSFUL
	FileNotFoundInSetupLog                 uint32 = 61451 // STATUS_FILE_NOT_FOUND_IN_SETUP_LOG
	InvalidINFFile                         uint32 = 61452 // STATUS_INVALID_INF_FILE
	UserCancelled                          uint32 = 61453 // STATUS_USER_CANCELLED
	PlatformMismatch                       uint32 = 61454 // STATUS_PLATFORM_MISMATCH
	BuildVersionMismatch                   uint32 = 61472 // STATUS_BUILD_VERSION_MISMATCH
	SPVersionGreater                       uint32 = 61473 // STATUS_SP_VERSION_GREATER
	CantSpawnHotfix                        uint32 = 61474 // STATUS_CANT_SPAWN_HOTFIX
	CantFindTag                            uint32 = 61475 // STATUS_CANT_FIND_TAG
	OverwriteUninstall                     uint32 = 61476 // STATUS_OVERWRITE_UNINSTALL
	Version128BitDetected                  uint32 = 61477 // STATUS_128BIT_VERSION_DETECTED
	WinINetLoadFailed                      uint32 = 61478 // STATUS_WININET_LOAD_FAILED
	CantInstallSPOnDTC                     uint32 = 61479 // STATUS_CANT_INSTALL_SP_ON_DTC
	NecessaryFilesNotPresent               uint32 = 61480 // STATUS_NECESSARY_FILES_NOT_PRESENT
	SpoolerNotStarted                      uint32 = 61481 // STATUS_SPOOLER_NOT_STARTED
	MustRestartFirst                       uint32 = 61482 // STATUS_MUST_RESTART_FIRST
	NotEnoughSpaceWithUninstall            uint32 = 61483 // STATUS_NOT_ENOUGH_WITH_UNINST
	CantFindRSAENHS                        uint32 = 61484 // STATUS_CANT_FIND_RSAENHS
	CantFindEncInINF                       uint32 = 61485 // STATUS_CANT_FIND_ENCININF
	CantFindEncTSINF                       uint32 = 61486 // STATUS_CANT_FIND_ENCTSINF
	ENCINSTProcessFailed                   uint32 = 61487 // STATUS_ENCINST_PROCESS_FAILED
	ENCINSTUpgradeFailed                   uint32 = 61488 // STATUS_ENCINST_UPGRADE_FAILED
	CantOpenLog                            uint32 = 61530 // STATUS_CANT_OPEN_LOG
	ErrStdPrefix                           uint32 = 61537 // ERR_STD_PREFIX
	InvalidVerFile                         uint32 = 61540 // STATUS_INVALID_VER_FILE
	SPVersionGreater1                      uint32 = 61546 // STATUS_SP_VERSION_GREATER_1
	SPVersionGreater2                      uint32 = 61547 // STATUS_SP_VERSION_GREATER_2
	FPNWFixupFailed                        uint32 = 61548 // STATUS_FPNW_FIXUP_FAILED
	WrongPlatform                          uint32 = 61549 // STATUS_WRONG_PLATFORM
	FailureCopyingFiles                    uint32 = 61550 // STATUS_FAILURE_COPYING_FILES
	FailedToSetDir                         uint32 = 61551 // STATUS_FAILED_TO_SET_DIR
	SetupError                             uint32 = 61552 // STATUS_SETUP_ERROR
	RunningDSPreview                       uint32 = 61553 // STATUS_RUNNING_DS_PREVIEW
	RunningHydra                           uint32 = 61554 // STATUS_RUNNING_HYDRA
	RunningSteelhead                       uint32 = 61555 // STATUS_RUNNING_STEELHEAD
	HotfixAlreadyInstalled                 uint32 = 61556 // STATUS_HOTFIX_ALREADY_INSTALLED
	SuccessNoReboot                        uint32 = 61557 // STATUS_SUCCESS_NOREBOOT
	SPVersionLesser                        uint32 = 61558 // STATUS_SP_VERSION_LESSER
	NotRunningSteelhead                    uint32 = 61559 // STATUS_NOT_RUNNING_STEELHEAD
	NoUninstallAvailable                   uint32 = 61560 // STATUS_NO_UNINSTALL_AVAILABLE
	NotRunningHydra                        uint32 = 61561 // STATUS_NOT_RUNNING_HYDRA
	SuccessNoRebootNeeded                  uint32 = 61562 // STATUS_SUCCESS_NOREBOOTNEC
	UninstNoRebootNeeded                   uint32 = 61563 // STATUS_UNINST_NOREBOOTNEC
	BuildVersionMismatch2                  uint32 = 61638 // STATUS_BUILD_VERSION_MISMATCH2
	VLKBlocked                             uint32 = 61643 // STATUS_VLK_BLOCKED
	KernelNonStandard                      uint32 = 61644 // STATUS_KERNEL_NONSTD
	SPBuildToBuild                         uint32 = 61663 // STATUS_SP_BUILD_TO_BUILD
	WindowsVersionNewer                    uint32 = 61668 // STATUS_WINDOWS_VERSION_NEWER
	PackageNotApplicable                   uint32 = 61669 // STATUS_PACKAGE_NOT_APPLICABLE
	InvalidBranchesINF                     uint32 = 61672 // STATUS_INVALID_BRANCHES_INF
	InvalidUpdateBrINF                     uint32 = 61673 // STATUS_INVALID_UPDATEBR_INF
	RepeatInventory                        uint32 = 61675 // STATUS_REPEAT_INVENTORY
	NoBranchAvailable                      uint32 = 61677 // STATUS_NO_BRANCH_AVAILABLE
	IncomparableBranches                   uint32 = 61681 // STATUS_INCOMPARABLE_BRANCHES
	PrerequisiteFailed                     uint32 = 61684 // STATUS_PREREQUISITE_FAILED
	InvalidSwitches                        uint32 = 61686 // STATUS_INVALID_SWITCHES
	BuildVersionMismatchNoMaxBuild         uint32 = 61709 // STATUS_BUILD_VERSION_MISMATCH_NO_MAXBLD
	BuildVersionMismatchNoMaxVersion       uint32 = 61710 // STATUS_BUILD_VERSION_MISMATCH_NO_MAXVER
	BuildVersionMismatchMaxBuildMaxVersion uint32 = 61711 // STATUS_BUILD_VERSION_MISMATCH_MAXBLD_MAXVER
	CantSetDirID                           uint32 = 61712 // STATUS_CANT_SET_DIRID
	InvalidDirIDSection                    uint32 = 61713 // STATUS_INVALID_DIRID_SECTION
	NoSuchDirIDSection                     uint32 = 61714 // STATUS_NOSUCHDIRID_SECTION
	InvalidInstallPath                     uint32 = 61715 // STATUS_INVALID_INSTALL_PATH
	InvalidCopyFlag                        uint32 = 61716 // STATUS_INVALID_COPYFLAG
	UnableToSetDirID                       uint32 = 61717 // STATUS_UNABLE_TO_SET_DIRID
	InvalidDirIDPath                       uint32 = 61718 // STATUS_INVALID_DIRID_PATH
	BuildTypeNotDetermined                 uint32 = 61719 // STATUS_BUILD_TYPE_NOT_DETERMINED
	MoreFilesForDownload                   uint32 = 61952 // STATUS_MORE_FILES_FOR_DOWNLOAD
	ReadyToInstall                         uint32 = 61953 // STATUS_READY_TO_INSTALL
	PatchNotFound                          uint32 = 61954 // STATUS_PATCH_NOT_FOUND
	PatchFileCorrupt                       uint32 = 61955 // STATUS_PATCH_FILE_CORRUPT
	IndexFileCorrupt                       uint32 = 61956 // STATUS_INDEXFILE_CORRUPT
	UpdateAlreadyRunning                   uint32 = 61957 // STATUS_UPDATE_ALREADY_RUNNING
	RetryRefreshInventory                  uint32 = 61958 // STATUS_RETRY_REFRESH_INVENTORY
	RetrySelfContained                     uint32 = 61959 // STATUS_RETRY_SELF_CONTAINED
	RetriesExceeded                        uint32 = 61960 // STATUS_RETRIES_EXCEEDED
	ContinueInventory                      uint32 = 61961 // STATUS_CONTINUE_INVENTORY
	IndexFileNotFound                      uint32 = 61962 // ERROR_INDEXFILE_NOT_FOUND
	UninstallUnsuccessful                  uint32 = 62474 // STATUS_UNINSTALL_UNSUCCESSFUL
	Complete                               uint32 = 62475 // STATUS_COMPLETE
	UninstallComplete                      uint32 = 62475 // STATUS_UNINSTALL_COMPLETE
	CompleteNoReboot                       uint32 = 62476 // STATUS_COMPLETE_NOREBOOT
	CompleteNoRestartRequired              uint32 = 62477 // STATUS_COMPLETE_NORESTART_REQD
	NewIE                                  uint32 = 62478 // STATUS_NEW_IE
	UninstallOutOfOrder                    uint32 = 62480 // STATUS_UNINSTALL_OUT_OF_ORDER
)

// table24 is WP table 24 in its order. Message is the paper's text, word for word; where the paper says "none", Message is
// OURS and ours is set.
func table24() []Entry {
	return []Entry{
		{61441, "STATUS_FAILED_LANGUAGE_TYPE", "Setup cannot update your %1 files because the language installed on your system is different from the update language.", false},
		{61442, "STATUS_CHECKED_FREE_MISMATCH", "%1 Setup cannot update a checked (debug) system with a free (retail) version of %2.", false},
		{61443, "STATUS_NOT_ENOUGH_SPACE", "There is not enough disk space on %%s to install %1. Setup requires a minimum of %%d additional megabytes of free space or if you also want to archive the files for uninstallation. Setup requires %%d additional megabytes of free space. Free additional space on your hard disk and then try again.", false},
		{61444, "STATUS_INSUFFICIENT_PRIVS", "You do not have permission to update %1.", false},
		{61445, "STATUS_UNKNOWN_PRODUCT_TYPE", "Setup cannot tell which edition of Windows is installed.", true},
		{61446, "STATUS_SETUP_LOG_NOT_FOUND", "Setup could not find the setup.log file in your repair directory.", false},
		{61447, "STATUS_CANT_FIND_INF", "Setup could not find the update.inf file needed to update your system.", false},
		{61448, "STATUS_UPDATE_SUCCESSFUL", "%1 has been updated. Remove any disks from the floppy disk drives and choose OK to restart your computer. If you change or add any components to your system, you will need to reapply the Hotfix.", false},
		{61449, "STATUS_UPDATE_UNSUCCESSFUL", "%1 installation did not complete.", false},
		{61450, "STATUS_SHUTDOWN_UNSUCCESSFUL", "%1 Setup was unable to shutdown system. Please shutdown your system manually.", false},
		{61451, "STATUS_FILE_NOT_FOUND_IN_SETUP_LOG", "Could not locate entry for HAL.DLL in SETUP.LOG to determine type of HAL to update.", false},
		{61452, "STATUS_INVALID_INF_FILE", "The %1 %2 file is not correct.", false},
		{61453, "STATUS_USER_CANCELLED", "%1 Setup canceled.", false},
		{61454, "STATUS_PLATFORM_MISMATCH", "This %1 is for a different hardware platform.", false},
		{61472, "STATUS_BUILD_VERSION_MISMATCH", "Setup has detected that the build version of the system installed does not match the update you are applying to it. You can only install this update on Build %d to Build %d.", false},
		{61473, "STATUS_SP_VERSION_GREATER", "The version of Windows you have installed does not match the update you are trying to install.", false},
		{61474, "STATUS_CANT_SPAWN_HOTFIX", "%1 Setup could not start the hotfix installation program.", false},
		{61475, "STATUS_CANT_FIND_TAG", "%1 Setup could not locate the %2 files.", false},
		{61476, "STATUS_OVERWRITE_UNINSTALL", "WARNING: You have chosen to overwrite your existing uninstall: %s If you continue, you will only be able to uninstall to the following Service Pack version: %s Are you sure you want to continue? Click Yes to continue creating the uninstall, No to not create the uninstall.", false},
		{61477, "STATUS_128BIT_VERSION_DETECTED", "A version of Windows with 128-bit encryption is installed; this update is for another one.", true},
		{61478, "STATUS_WININET_LOAD_FAILED", "This Web-based update requires Internet Explorer 3.0 or later. For instructions on how to download a version of this update that does not require a Web connection during installation download and install %1 from http://www.Microsoft.com/Downloads", false},
		{61479, "STATUS_CANT_INSTALL_SP_ON_DTC", "This %1 has not been qualified by your hardware vendor for installation on this copy of %2 Datacenter Server. Please contact your hardware vendor for additional information about obtaining a %3 that has been qualified for your system configuration.", false},
		{61480, "STATUS_NECESSARY_FILES_NOT_PRESENT", "Not all files necessary to perform an integrated installation are present.", false},
		{61481, "STATUS_SPOOLER_NOT_STARTED", "Cannot install %1. The Print Spooler service is not started.", false},
		{61482, "STATUS_MUST_RESTART_FIRST", "The system must be restarted before installing the %1 to allow some prior file update operations to complete. (These operations were previously scheduled by some other install or uninstall operation.)", false},
		{61483, "STATUS_NOT_ENOUGH_WITH_UNINST", "You do not have enough free disk space on %%s to archive the uninstall files. To install %1 with backup files for uninstall an additional %%dMB is required.", false},
		{61484, "STATUS_CANT_FIND_RSAENHS", "Unable to locate RSAENHS.DLL in the update directory high encryption for uninstall aborted.", false},
		{61485, "STATUS_CANT_FIND_ENCININF", "Unable to locate UPDENCIN.INF in the update directory, high encryption for uninstall aborted.", false},
		{61486, "STATUS_CANT_FIND_ENCTSINF", "Unable to locate UPDENCTS.INF in the update directory, unable to export TS files.", false},
		{61487, "STATUS_ENCINST_PROCESS_FAILED", "High encryption ENCINST process failed.", false},
		{61488, "STATUS_ENCINST_UPGRADE_FAILED", "High encryption upgrade failed.", false},
		{61530, "STATUS_CANT_OPEN_LOG", "Error opening %1 file", false},
		{61537, "ERR_STD_PREFIX", "%1 Setup Error", true},
		{61540, "STATUS_INVALID_VER_FILE", "The update.ver file is not correct.", false},
		{61546, "STATUS_SP_VERSION_GREATER_1", "Setup has detected that the Service Pack version of the system installed is newer than the update you are applying to it. You can only install this update on Service Pack %d.", false},
		{61547, "STATUS_SP_VERSION_GREATER_2", "Setup has detected that the Service Pack version of this system is newer than the update you are applying. There is no need to install this update.", false},
		{61548, "STATUS_FPNW_FIXUP_FAILED", "Setup failed to access or correctly modify your SETUP.LOG file.", false},
		{61549, "STATUS_WRONG_PLATFORM", "The version of software you are running does not match the system you are running it on.", false},
		{61550, "STATUS_FAILURE_COPYING_FILES", "Failed to completely copy all of the updated files.", false},
		{61551, "STATUS_FAILED_TO_SET_DIR", "Failed to set the directory.", false},
		{61552, "STATUS_SETUP_ERROR", "An error in updating your system has occurred.", false},
		{61553, "STATUS_RUNNING_DS_PREVIEW", "A preview of the directory service is installed; it must be removed first.", true},
		{61554, "STATUS_RUNNING_HYDRA", "This update does not apply to Terminal Server.", true},
		{61555, "STATUS_RUNNING_STEELHEAD", "This update does not apply to computers with Routing and Remote Access.", true},
		{61556, "STATUS_HOTFIX_ALREADY_INSTALLED", "%1 is already installed; there is no need to install it again.", true},
		{61557, "STATUS_SUCCESS_NOREBOOT", "%1 has been updated. You must reboot for these changes to take effect. If you change or add any components to your system, you will need to reapply the Hotfix.", false},
		{61558, "STATUS_SP_VERSION_LESSER", "Setup has detected that the version of the Service Pack installed on your system is lower than what is necessary to apply this hotfix. At minimum, you must have Service Pack %d installed.", false},
		{61559, "STATUS_NOT_RUNNING_STEELHEAD", "This update applies only to computers with Routing and Remote Access.", true},
		{61560, "STATUS_NO_UNINSTALL_AVAILABLE", "You cannot uninstall, since an uninstall for %1 has not been created.", false},
		{61561, "STATUS_NOT_RUNNING_HYDRA", "This update applies only to Terminal Server.", true},
		{61562, "STATUS_SUCCESS_NOREBOOTNEC", "%1 has been updated. If you change or add any components to your system, you will need to reapply the Hotfix.", false},
		{61563, "STATUS_UNINST_NOREBOOTNEC", "%1 Hotfix successfully uninstalled.", false},
		{61638, "STATUS_BUILD_VERSION_MISMATCH2", "Setup has detected that the build version of the system installed does not match the update you are applying to it. You can only install this update only on Build %d.", false},
		{61643, "STATUS_VLK_BLOCKED", "%1 %2 cannot install. The product key used to install Microsoft Windows may not be valid. For more information about why you have received this error message, and steps you can take to resolve this issue, see” How to Tell” at the following Microsoft Web site: http://www.microsoft.com/resources/howtotell/ww/default.mspx.", false},
		{61644, "STATUS_KERNEL_NONSTD", "The core system file (kernel) used to start this computer is not a Microsoft Windows file. The Service Pack will not be installed. For more information, see Knowledge Base article %s at http://support.microsoft.com.", false},
		{61663, "STATUS_SP_BUILD_TO_BUILD", "This Service Pack cannot be installed on top of the %1 build currently installed on your computer. Cancel this installation process, uninstall your current %2 build, then re-install this Service Pack.", false},
		{61668, "STATUS_WINDOWS_VERSION_NEWER", "The version of Windows you have installed is newer than the update you are trying to install. There is no need to install this update.", false},
		{61669, "STATUS_PACKAGE_NOT_APPLICABLE", "This package does not apply to the operating system you are running and therefore cannot be installed.", false},
		{61672, "STATUS_INVALID_BRANCHES_INF", "The branches.inf file is invalid.", false},
		{61673, "STATUS_INVALID_UPDATEBR_INF", "The updatebr.inf file is invalid.", false},
		{61675, "STATUS_REPEAT_INVENTORY", "The files of this computer must be examined again.", true},
		{61677, "STATUS_NO_BRANCH_AVAILABLE", "Required installation branch was not found in INF file.", false},
		{61681, "STATUS_INCOMPARABLE_BRANCHES", "Files from the package are incompatible with files on your system.", false},
		{61684, "STATUS_PREREQUISITE_FAILED", "Setup cannot continue because one or more prerequisites required to install %1 failed. For More details check the Log File %2", false},
		{61686, "STATUS_INVALID_SWITCHES", "The command line is not valid: %1. Use /help to see the switches.", true},
		{61709, "STATUS_BUILD_VERSION_MISMATCH_NO_MAXBLD", "This update can only be installed on build %1 or later.", true},
		{61710, "STATUS_BUILD_VERSION_MISMATCH_NO_MAXVER", "This update can only be installed on version %1 or later.", true},
		{61711, "STATUS_BUILD_VERSION_MISMATCH_MAXBLD_MAXVER", "This update can only be installed on version %1 to version %2.", true},
		{61712, "STATUS_CANT_SET_DIRID", "The directory of DIRID %1 cannot be set.", true},
		{61713, "STATUS_INVALID_DIRID_SECTION", "The INF section that defines a DIRID is not valid: %1.", true},
		{61714, "STATUS_NOSUCHDIRID_SECTION", "The INF section that defines a DIRID is missing: %1.", true},
		{61715, "STATUS_INVALID_INSTALL_PATH", "The installation path is not valid: %1.", true},
		{61716, "STATUS_INVALID_COPYFLAG", "A copy flag in the INF file is not valid: %1.", true},
		{61717, "STATUS_UNABLE_TO_SET_DIRID", "The directory of DIRID %1 could not be set.", true},
		{61718, "STATUS_INVALID_DIRID_PATH", "The path of a DIRID is not valid: %1.", true},
		{61719, "STATUS_BUILD_TYPE_NOT_DETERMINED", "The product build type of this computer could not be determined.", true},
		{61952, "STATUS_MORE_FILES_FOR_DOWNLOAD", "More files must be downloaded.", true},
		{61953, "STATUS_READY_TO_INSTALL", "All files are here; the installation can begin.", true},
		{61954, "STATUS_PATCH_NOT_FOUND", "The patch file was not found: %1.", true},
		{61955, "STATUS_PATCH_FILE_CORRUPT", "The patch file is damaged: %1.", true},
		{61956, "STATUS_INDEXFILE_CORRUPT", "The index of the patch files is damaged: %1.", true},
		{61957, "STATUS_UPDATE_ALREADY_RUNNING", "Another installation is already in progress. Complete that installation before proceeding with this install.", true},
		{61958, "STATUS_RETRY_REFRESH_INVENTORY", "To complete installation of %1, Setup requires an additional download. Please install %1 again.", false},
		{61959, "STATUS_RETRY_SELF_CONTAINED", "The download did not succeed; use the complete package instead.", true},
		{61960, "STATUS_RETRIES_EXCEEDED", "The download failed too many times.", true},
		{61961, "STATUS_CONTINUE_INVENTORY", "The examination of this computer goes on.", true},
		{61962, "ERROR_INDEXFILE_NOT_FOUND", "The index of the patch files was not found: %1.", true},
		{62474, "STATUS_UNINSTALL_UNSUCCESSFUL", "%1 could not be removed.", true},
		{62475, "STATUS_COMPLETE", "%1 has been removed. The computer restarts now.", true},
		{62475, "STATUS_UNINSTALL_COMPLETE", "%1 has been removed.", true},
		{62476, "STATUS_COMPLETE_NOREBOOT", "%1 has been removed. You must restart the computer for the changes to take effect.", true},
		{62477, "STATUS_COMPLETE_NORESTART_REQD", "%1 has been removed. No restart is needed.", true},
		{62478, "STATUS_NEW_IE", "A newer version of Internet Explorer has been installed since; %1 cannot be removed.", true},
		{62480, "STATUS_UNINSTALL_OUT_OF_ORDER", "%1 cannot be removed, because these updates were installed after it and depend on it: %2", true},
	}
}
