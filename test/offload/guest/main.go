// Command guest runs a program, such as the binary of a test, as root of a small
// machine with a kernel of Debian's under QEMU:
//
//	guest [-board mipsle -init GUEST] [-add FILE,…] [-memory MIB] PROGRAM [ARGUMENT…]
//	go test -exec 'guest -add bin/weir' ./test/offload
//
// It is for what the kernel at hand cannot do, and for processors that routers have.
// The boards, with their tools and modules, are in board.go; a machine has no disk
// and no network beyond itself. What the program prints is printed, its exit
// status is the command's, its environment has the variables of this one that
// begin with WEIR_, and its working directory has the folder testdata of this one.
// Programs are to be linked statically (CGO_ENABLED=0), those added are in its PATH.
//
// Kernel and tools are packages of the Debian release that runs here, fetched by
// apt into a cache of their own (weir-guest in the user's cache directory); apt's
// and dpkg's records of this machine stay as they are. It needs no root. The
// command itself is the first process of that machine as well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// initPath is where the command is in the machine, as its first process.
const initPath = "/init"

func main() {
	if os.Getpid() == 1 && os.Args[0] == initPath {
		runInit()
	}
	// QEMU is told to die with the thread that started it.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	defer stop()
	status, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(2)
	}
	os.Exit(status)
}

func run(ctx context.Context, args []string) (status int, err error) {
	flags := flag.NewFlagSet("guest", flag.ContinueOnError)
	add := flags.String("add", "", "further programs to have there, with commas between them")
	prepare := flags.Bool("prepare", false, "fetch packages and make what all machines have in common, no more")
	kvm := flags.Bool("kvm", false, "use the processor's virtualization; it must work here, not only be offered")
	arch := flags.String("board", "amd64", "the machine's processor")
	self := flags.String("init", "", "this command, built for the board, if that is not the one that runs")
	limit := flags.Duration("limit", 20*time.Minute, "how long the program may run")
	memory := flags.Int("memory", 768, "the machine's, in MiB")
	if err := flags.Parse(args); err != nil {
		return 0, err
	}
	if flags.NArg() == 0 && !*prepare {
		return 0, errors.New("name a program to run")
	}
	on, err := findBoard(*arch)
	if err != nil {
		return 0, err
	}
	if *self == "" {
		if *self, err = os.Executable(); err != nil {
			return 0, err
		}
	}
	emulator, err := on.find()
	if err != nil {
		return 0, err
	}
	base, err := baseImage(ctx, on)
	if err != nil || *prepare {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "weir-guest")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	image := filepath.Join(dir, "image")
	var programs []string
	if *add != "" {
		programs = strings.Split(*add, ",")
	}
	if err := writeImage(image, base, *self, programs, task{Args: flags.Args(), Env: environment(os.Environ())}); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	m := machine{board: on, emulator: emulator, kernel: base.kernel, image: image, dir: dir, memory: *memory, kvm: *kvm}
	return m.run(ctx, os.Stdout)
}

// environment returns what the program is to know of this environment, and
// where things are in the machine. Nothing is missing there, which is what CI
// stands for.
func environment(all []string) []string {
	env := []string{"PATH=/usr/sbin:/usr/bin", "HOME=/root", "TMPDIR=/tmp", "CI=guest"}
	for _, v := range all {
		if strings.HasPrefix(v, "WEIR_") {
			env = append(env, v)
		}
	}
	return env
}
