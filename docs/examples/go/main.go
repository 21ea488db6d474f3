// SPDX-License-Identifier: MIT

// Asks tsuku-dltestd which shared libraries load, with types that were generated from the interface.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	dltest "ask/devtsukudltest"

	"github.com/varlink/go/varlink"
)

//go:generate go run github.com/varlink/go/cmd/varlink-go-interface-generator devtsukudltest/dev.tsuku.DlTest.varlink

// With More the daemon says something every 4 s.
const patience = 12 * time.Second

// How the program ends, as tsuku-dltest does; of several, the greatest.
const (
	loads = iota
	doesNotLoad
	usage
	noVerdict
)

// socketPath is where the daemon listens.
func socketPath() string {
	if path := os.Getenv("TSUKU_DLTEST_SOCKET"); path != "" {
		return path
	}
	if tsuku := os.Getenv("TSUKU_HOME"); tsuku != "" {
		return tsuku + "/dltest.sock"
	}
	return os.Getenv("HOME") + "/.tsuku/dltest.sock"
}

// absolute does not clean a path as filepath.Abs does: what that makes of link/.. is another directory.
func absolute(paths []string) ([]string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			path = directory + "/" + path
		}
		all = append(all, path)
	}
	return all, nil
}

// text is what a member has that may be absent.
func text[T ~string](member *T) string {
	if member == nil {
		return ""
	}
	return string(*member)
}

// printVerdict prints a line. New daemons have new reasons: any is a no, but for no_verdict.
func printVerdict(verdict dltest.Verdict) int {
	if verdict.Ok {
		fmt.Printf("%s: loads\n", verdict.Path)
		return loads
	}
	fmt.Printf("%s: %s: %s\n", verdict.Path, text(verdict.Reason), text(verdict.Error))
	if text(verdict.Reason) == "no_verdict" {
		return noVerdict
	}
	return doesNotLoad
}

// verify prints the verdicts as they become known. It does not call dltest.Verify().Send(): that takes all
// parameters by position, so each that a later interface has would be one more to write here.
func verify(connection *varlink.Connection, paths []string) (int, error) {
	parameters := map[string]any{"paths": paths}
	receive, err := connection.Send(context.Background(), "dev.tsuku.DlTest.Verify", parameters, varlink.More)
	if err != nil {
		return noVerdict, err
	}
	status := loads
	for flags := uint64(varlink.Continues); flags&varlink.Continues != 0; {
		var reply struct {
			Results []dltest.Verdict `json:"results"`
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		flags, err = receive(ctx, &reply)
		cancel()
		if err != nil {
			return noVerdict, dltest.Dispatch_Error(err)
		}
		for _, verdict := range reply.Results {
			status = max(status, printVerdict(verdict))
		}
	}
	return status, nil
}

func run() int {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "Usage: ask LIBRARY...")
		return usage
	}
	connection, err := varlink.NewConnection(context.Background(), "unix:"+socketPath())
	if err != nil {
		fmt.Fprintf(os.Stderr, "ask: no daemon at %s (%v): 'tsuku-dltest LIBRARY' starts one\n", socketPath(), err)
		return noVerdict
	}
	defer connection.Close()
	paths, err := absolute(os.Args[1:])
	status := noVerdict
	if err == nil {
		status, err = verify(connection, paths)
	}
	var busy *dltest.Busy
	if errors.As(err, &busy) {
		fmt.Fprintln(os.Stderr, "ask: the daemon is busy, try again in a moment")
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "ask: %v\n", err)
	}
	return status
}

func main() {
	os.Exit(run())
}
