package oauth

import (
	"slices"
	"strings"
)

// Prompt is one value of the prompt parameter (OIDC Core section 3.1.2.1).
type Prompt string

// The prompts this provider knows.
const (
	PromptNone          Prompt = "none"
	PromptLogin         Prompt = "login"
	PromptConsent       Prompt = "consent"
	PromptSelectAccount Prompt = "select_account"
)

// AllPrompts are the values advertised as prompt_values_supported.
var AllPrompts = []Prompt{PromptNone, PromptLogin, PromptConsent, PromptSelectAccount}

// Prompts are the pages a request insists on, or PromptNone alone.
type Prompts []Prompt

// ParsePrompts reads a prompt parameter. An unknown value, and none beside another, is
// invalid_request (OIDC Core section 3.1.2.1).
func ParsePrompts(s string) (Prompts, error) {
	var prompts Prompts
	for value := range strings.FieldsSeq(s) {
		prompt := Prompt(value)
		if !slices.Contains(AllPrompts, prompt) {
			return nil, InvalidRequest("prompt has an unknown value", nil)
		}
		if !prompts.Has(prompt) {
			prompts = append(prompts, prompt)
		}
	}
	if prompts.Has(PromptNone) && len(prompts) > 1 {
		return nil, InvalidRequest("prompt none stands alone", nil)
	}
	return prompts, nil
}

// Has reports whether the request named this prompt.
func (p Prompts) Has(prompt Prompt) bool { return slices.Contains(p, prompt) }
