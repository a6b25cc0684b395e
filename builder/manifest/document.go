package manifest

import "time"

// The document types are update.toml as it is spelled; resolve turns them into a Manifest. Each key is described, with
// its default and the place in the INF where it lands, in docs/manifest.md; a test compares the two.

type document struct {
	Include   []string       `toml:"include"`                  // merged before decoding
	Variables map[string]any `toml:"variables" kinds:"string"` // replaced before decoding

	For map[string]any `toml:"for" kinds:"manifest"` // merged before decoding

	Package packageDoc `toml:"package"`
	Target  targetDoc  `toml:"target"`
	Install installDoc `toml:"install"`
	ARP     arpDoc     `toml:"arp"`
	Log     logDoc     `toml:"log"`

	Translation []translationDoc `toml:"translation"`
	Branch      []branchDoc      `toml:"branch"`
	File        []fileDoc        `toml:"file"`
	Registry    []registryDoc    `toml:"registry"`
	Signing     signingDoc       `toml:"signing"`

	Prerequisite    []prerequisiteDoc    `toml:"prerequisite"`
	Run             []runDoc             `toml:"run"`
	Services        servicesDoc          `toml:"services"`
	RegisterDLL     []registerDLLDoc     `toml:"register-dll"`
	Condition       []conditionDoc       `toml:"condition"`
	RenameDirectory []renameDirectoryDoc `toml:"rename-directory"`
	Delete          []deleteDoc          `toml:"delete"`
	Rename          []renameDoc          `toml:"rename"`
	SaveRegistry    []saveRegistryDoc    `toml:"save-registry"`
	CustomDLL       []customDLLDoc       `toml:"custom-dll"`
	Catalog         []catalogDoc         `toml:"catalog"`
	Directory       []directoryDoc       `toml:"directory"`
	Shortcut        []shortcutDoc        `toml:"shortcut"`
	DeviceClass     []deviceClassDoc     `toml:"device-class"`
	Device          []deviceDoc          `toml:"device"`
	ErrorReport     []errorReportDoc     `toml:"error-report"`
	Uninstall       uninstallDoc         `toml:"uninstall"`
	Raw             rawDoc               `toml:"raw"`
	OEMExclusions   oemExclusionsDoc     `toml:"oem-exclusions"`
}

type packageDoc struct {
	KB               any        `toml:"kb" kinds:"string,integer"`
	Title            string     `toml:"title"`
	Kind             string     `toml:"kind"`
	Layout           string     `toml:"layout"`
	Product          string     `toml:"product"`
	Name             string     `toml:"name"`
	Version          string     `toml:"version"`
	Revision         *int64     `toml:"revision"`
	Publisher        string     `toml:"publisher"`
	PublishingGroup  string     `toml:"publishing-group"`
	ServicePack      *int64     `toml:"service-pack"`
	Contains         []any      `toml:"contains" kinds:"string,integer"`
	Arch             any        `toml:"arch" kinds:"string,strings"` // one text when it is decoded
	Language         any        `toml:"language" kinds:"string,strings"`
	Description      string     `toml:"description"`
	AppliesTo        []string   `toml:"applies-to"`
	ReleaseType      string     `toml:"release-type"`
	BuildTime        *time.Time `toml:"build-time"`
	EULA             string     `toml:"eula"`
	HierarchyVersion string     `toml:"hierarchy-version"`
}

type targetDoc struct {
	Min             string `toml:"min"`
	Max             string `toml:"max"`
	ThisServicePack *int64 `toml:"this-service-pack"`
}

type installDoc struct {
	Restart       bool   `toml:"restart"`
	OEMCheck      *bool  `toml:"oem-check"`
	BackupDir     string `toml:"backup-dir"`
	UpdatesRegKey string `toml:"updates-reg-key"`

	DetectServices  bool `toml:"detect-services"`
	DetectApps      bool `toml:"detect-apps"`
	DeviceClassInfo bool `toml:"device-class-info"`
}

type arpDoc struct {
	ParentKey  string `toml:"parent-key"`
	ParentName string `toml:"parent-name"`
	HelpLink   string `toml:"help-link"`
	InfoLink   string `toml:"info-link"`
}

type translationDoc struct {
	Language    string         `toml:"language"`
	Title       string         `toml:"title"`
	Description string         `toml:"description"`
	ParentName  string         `toml:"parent-name"`
	HelpLink    string         `toml:"help-link"`
	InfoLink    string         `toml:"info-link"`
	EULA        string         `toml:"eula"`
	Texts       map[string]any `toml:"texts" kinds:"string"`
}

type logDoc struct {
	Install     string `toml:"install"`
	Uninstall   string `toml:"uninstall"`
	EventSource string `toml:"event-source"`
	EventDLL    string `toml:"event-dll"`
}

type branchDoc struct {
	Name          string    `toml:"name"`
	DisplayName   string    `toml:"display-name"`
	DefaultFor    []int64   `toml:"default-for"`
	HierarchyOnly bool      `toml:"hierarchy-only"`
	Target        targetDoc `toml:"target"`
	Raw           string    `toml:"raw"`
}

type fileDoc struct {
	Name   string   `toml:"name"`
	To     any      `toml:"to" kinds:"string,strings"`
	When   string   `toml:"when"`
	Source any      `toml:"source" kinds:"string,table"`
	Flags  []string `toml:"flags"`

	Edition  []string `toml:"edition"`
	Branches []string `toml:"branches"`
}

type registryDoc struct {
	Key    string   `toml:"key"`
	Name   *string  `toml:"name"`
	Type   string   `toml:"type"`
	Value  any      `toml:"value" kinds:"string,integer,array"`
	Action string   `toml:"action"`
	View   string   `toml:"view"`
	Flags  []string `toml:"flags"`
	Save   *bool    `toml:"save"`

	TypeNumber *int64   `toml:"type-number"`
	Mask       *int64   `toml:"mask"`
	Byte       *int64   `toml:"byte"`
	When       string   `toml:"when"`
	Edition    []string `toml:"edition"`
}

type signingDoc struct {
	PFX         string   `toml:"pfx"`
	PasswordEnv string   `toml:"password-env"`
	Cert        string   `toml:"cert"`
	Key         string   `toml:"key"`
	Dev         bool     `toml:"dev"`
	Timestamp   []string `toml:"timestamp"`
	Payload     string   `toml:"payload"`

	Profiles map[string]profileDoc `named:"profile"` // [signing.NAME]
}

// profileDoc is [signing.NAME]. Its keys are the long flags of kbforge sign.
type profileDoc struct {
	PFX          string   `toml:"pfx"`
	PasswordEnv  string   `toml:"password-env"`
	PasswordFile string   `toml:"password-file"`
	Cert         string   `toml:"cert"`
	Key          string   `toml:"key"`
	Command      []string `toml:"command"`
	PKCS11       string   `toml:"pkcs11"`
	Thumbprint   string   `toml:"thumbprint"`
	Subject      string   `toml:"subject"`
	Store        string   `toml:"store"`
	Location     string   `toml:"store-location"`
	Relic        string   `toml:"relic"`
	RelicCert    string   `toml:"relic-cert"`
	RelicRoot    string   `toml:"relic-root"`
	DevKey       string   `toml:"dev-key"`
	Hash         string   `toml:"hash"`
	Description  string   `toml:"description"`
	URL          string   `toml:"url"`
	Timestamp    []string `toml:"timestamp"`
	PageHashes   bool     `toml:"page-hashes"`
}

type prerequisiteDoc struct {
	All     []testDoc `toml:"all"`
	Any     []testDoc `toml:"any"`
	Message string    `toml:"message"`
}

type testDoc struct {
	Registry string  `toml:"registry"`
	Name     *string `toml:"name"`
	View     string  `toml:"view"`
	File     string  `toml:"file"`
	Windows  string  `toml:"windows"`
	Function string  `toml:"function"`
	DLL      string  `toml:"dll"`
	Is       string  `toml:"is"`
}

type runDoc struct {
	Command string   `toml:"command"`
	When    string   `toml:"when"`
	Edition []string `toml:"edition"`
}

type servicesDoc struct {
	Stop          []string  `toml:"stop"`
	StopOnRemoval *[]string `toml:"stop-on-removal"`
	Wait          *int64    `toml:"wait"`
}

type registerDLLDoc struct {
	File     string   `toml:"file"`
	Action   string   `toml:"action"`
	Install  bool     `toml:"dll-install"`
	Argument string   `toml:"argument"`
	Timeout  *int64   `toml:"timeout"`
	Edition  []string `toml:"edition"`
}

type conditionDoc struct {
	All      []testDoc     `toml:"all"`
	Any      []testDoc     `toml:"any"`
	Installs string        `toml:"installs"`
	Function string        `toml:"function"`
	DLL      string        `toml:"dll"`
	File     []fileDoc     `toml:"file"`
	Registry []registryDoc `toml:"registry"`
}

type renameDirectoryDoc struct {
	Directory string `toml:"directory"`
	To        string `toml:"to"`
}

type deleteDoc struct {
	File    string   `toml:"file"`
	Flags   []string `toml:"flags"`
	Edition []string `toml:"edition"`
}

type renameDoc struct {
	File    string   `toml:"file"`
	To      string   `toml:"to"`
	Edition []string `toml:"edition"`
}

type shortcutDoc struct {
	Name       string   `toml:"name"`
	File       string   `toml:"file"`
	Folder     string   `toml:"folder"`
	Users      string   `toml:"users"`
	WorkingDir string   `toml:"working-dir"`
	Icon       string   `toml:"icon"`
	IconIndex  *int64   `toml:"icon-index"`
	HotKey     *int64   `toml:"hot-key"`
	Tip        string   `toml:"tip"`
	Edition    []string `toml:"edition"`
}

type deviceClassDoc struct {
	Name string `toml:"name"`
	GUID string `toml:"guid"`
}

type deviceDoc struct {
	ID  string `toml:"id"`
	INF string `toml:"inf"`
}

type errorReportDoc struct {
	Mode          string `toml:"mode"`
	Ask           *bool  `toml:"ask"`
	Version       *int64 `toml:"version"`
	EventType     string `toml:"event-type"`
	Intro         string `toml:"intro"`
	DetailsLink   string `toml:"details-link"`
	Button        string `toml:"button"`
	DetailsHeader string `toml:"details-header"`
	DetailsBody   string `toml:"details-body"`
}

type customDLLDoc struct {
	Source     string   `toml:"source"`
	Name       string   `toml:"name"`
	Customizes []string `toml:"customizes"`
}

type catalogDoc struct {
	Source  string `toml:"source"`
	Name    string `toml:"name"`
	Archive *bool  `toml:"archive"`
}

type directoryDoc struct {
	DLL      string       `toml:"dll"`
	Function string       `toml:"function"`
	ID       *int64       `toml:"id"`
	File     []payloadDoc `toml:"file"`
}

type payloadDoc struct {
	Name   string   `toml:"name"`
	Source any      `toml:"source" kinds:"string,table"`
	Flags  []string `toml:"flags"`
}

type saveRegistryDoc struct {
	Key  string  `toml:"key"`
	Name *string `toml:"name"`
}

type uninstallDoc struct {
	Prerequisite []prerequisiteDoc `toml:"prerequisite"`
	Registry     []registryDoc     `toml:"registry"`
	Keep         []string          `toml:"keep"`
}

type rawDoc struct {
	INF  string       `toml:"inf"`
	File []rawFileDoc `toml:"file"`
}

type rawFileDoc struct {
	Source string `toml:"source"`
	Path   string `toml:"path"`
}

type oemExclusionsDoc struct {
	Drivers   []string `toml:"drivers"`
	DeviceIDs []string `toml:"device-ids"`
	Providers []string `toml:"providers"`
}
