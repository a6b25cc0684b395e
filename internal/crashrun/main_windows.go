// Command crashrun carries out an installation or a removal on Windows and kills its own process, as a power cut or Task
// Manager would, before the nth effect on the machine. It is what the crash matrix runs under Wine.
//
//	crashrun install DIR [-kill N]     the extracted package in DIR
//	crashrun remove DIR [-kill N]      the update with the backup directory DIR
//	crashrun recover                   settles what was interrupted
//
// It prints the number of effects; recover prints the part of the registry that updates touch.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/host/winhost"
	"github.com/kbforge/kbforge/installer/source"
)

// killed is the exit code of a process that killed itself.
const killed = 99

func main() {
	if code, started := winhost.Child(os.Args[1:]); started {
		os.Exit(code)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("what shall be done?")
	}
	under, err := winhost.New()
	if err != nil {
		return err
	}
	if args[0] == "recover" {
		lines, err := installer.Recover(under)
		for _, l := range lines {
			fmt.Fprintln(os.Stderr, l)
		}
		if err != nil {
			return err
		}
		for _, path := range []string{`SOFTWARE\Microsoft\Updates`, `SOFTWARE\Contoso`, `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`,
			`SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix`, `SYSTEM\CurrentControlSet\Control\Session Manager`, `SYSTEM\CurrentControlSet\Services\UpdateRecovery`} {
			if err := dump(under, host.Key{Root: host.HKLM, Path: path}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(args) < 2 {
		return errors.New("which directory?")
	}
	set := flag.NewFlagSet("crashrun", flag.ContinueOnError)
	kill := set.Int("kill", 0, "kill the process before this effect")
	if err := set.Parse(args[2:]); err != nil {
		return err
	}
	h := faulthost.New(under)
	h.Fail(func(c faulthost.Call) bool {
		if *kill > 0 && c.Effect == *kill {
			_ = windows.TerminateProcess(windows.CurrentProcess(), killed)
		}
		return false
	}, faulthost.Before, errors.New("not killed"), 1)
	err = carryOut(h, args[0], args[1])
	fmt.Println(h.Effects())
	return err
}

func carryOut(h host.Host, what, dir string) error {
	req := installer.Request{Host: h, Options: cmdline.Options{Quiet: true, NoRestart: true}, Version: "7.0.0.0", Start: time.Now()}
	if what == "remove" {
		req.UninstallDir = dir
		_, err := installer.Remove(context.Background(), req)
		return err
	}
	tree, err := source.Open(dir)
	if err != nil {
		return err
	}
	defer tree.Close()
	req.Package = tree
	_, err = installer.Install(context.Background(), req)
	return err
}

// dump prints a key with all below it.
func dump(h host.Registry, k host.Key) error {
	values, err := h.Values(k)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Printf("[%s]\n", k.Path)
	for _, v := range values {
		fmt.Printf("%q %d %x\n", v.Name, v.Type, v.Data)
	}
	subs, err := h.SubKeys(k)
	if err != nil {
		return err
	}
	for _, s := range subs {
		sub := k
		sub.Path += `\` + s
		if err := dump(h, sub); err != nil {
			return err
		}
	}
	return nil
}
