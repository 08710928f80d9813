// Package strictjson reads JSON that others wrote, and refuses whatever two readers could understand
// differently: a member named twice, bytes that are not UTF-8, something behind the end. Member names are told
// apart by case, unlike in encoding/json, since they come as the keys of a map.
package strictjson
