// Package flow keeps bidirectional flows in bounded, pointer-free memory.
package flow
