package ubus

import "fmt"

// checkArgs checks what ubusd does not: that a call's arguments are of the types
// that the method's signature names.
func (c *Client) checkArgs(method *Method, args Msg) error {
	if len(args) > c.limits.Args {
		return badArgs(fmt.Sprintf("the arguments take more than %d bytes", c.limits.Args))
	}
	if err := args.Check(); err != nil {
		c.count.malformed.Add(1)
		return badArgs("the arguments are no blobmsg table")
	}
	if method.Unchecked {
		return nil
	}
	for _, a := range method.Args {
		if v, ok := args.Lookup(a.Name); ok && !a.Type.takes(v.Type) {
			return badArgs(fmt.Sprintf("%s is a %v: give it as %v", a.Name, v.Type, a.Type))
		}
	}
	return nil
}

func badArgs(message string) error {
	return &Error{Status: InvalidArgument, Reply: AppendString(nil, "message", message)}
}

// takes reports whether a value of type v may be given for t.
func (t Type) takes(v Type) bool {
	integer := v >= TypeInt64 && v <= TypeBool
	switch t {
	case TypeInt64, TypeInt32, TypeInt16, TypeBool:
		return integer || v == TypeNull
	case TypeDouble:
		return integer || v == TypeDouble || v == TypeNull
	}
	return v == t || v == TypeNull || t == TypeNull
}
