package partner

// Version is the version of this module, without the leading v of its tag. A release sets it in the commit that is
// tagged, and the commit after it sets the next one with the suffix -dev. It is sent in the User-Agent.
const Version = "0.1.0-dev"
