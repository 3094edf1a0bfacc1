/**
 * One addition to the sources of tfjs-node's addon: attributes of operations that are lists of strings or of types.
 *
 * The addon passes TensorFlow every kind of attribute but these, and the fused operations (a convolution that adds the bias and
 * applies ReLU while it writes its result) are told by such lists what to fuse, and the types of their further inputs.
 */

/** Where the addon reads an attribute that is one string, or one type; what follows ends with the switch's `break`. */
const ADDITIONS: readonly (readonly [place: string, addition: string])[] = [
  [
    '    case TF_ATTR_STRING: {\n',
    listAttribute(
      'std::vector<std::string> items(length);',
      'nstatus = GetStringParam(env, element, items[i]);',
      `std::vector<const void *> values;
        std::vector<size_t> lengths;
        for (const std::string &item : items) {
          values.push_back(item.data());
          lengths.push_back(item.size());
        }
        TFE_OpSetAttrStringList(tfe_op, attr_name, values.data(),
                                lengths.data(), static_cast<int>(length));`,
    ),
  ],
  [
    '    case TF_ATTR_TYPE: {\n',
    listAttribute(
      'std::vector<TF_DataType> items(length);',
      'nstatus = napi_get_value_int32(env, element, reinterpret_cast<int32_t *>(&items[i]));',
      'TFE_OpSetAttrTypeList(tfe_op, attr_name, items.data(), static_cast<int>(length));',
    ),
  ],
];

function listAttribute(declare: string, read: string, set: string): string {
  return `\
      if (IsArray(env, nstatus, &js_value)) {
        uint32_t length;
        nstatus = napi_get_array_length(env, js_value, &length);
        ENSURE_NAPI_OK(env, nstatus);
        ${declare}
        for (uint32_t i = 0; i < length; ++i) {
          napi_value element;
          nstatus = napi_get_element(env, js_value, i, &element);
          ENSURE_NAPI_OK(env, nstatus);
          ${read}
          ENSURE_NAPI_OK(env, nstatus);
        }
        ${set}
        break;
      }
`;
}

/** tfjs_backend.cc with the addition; as it is where a release of tfjs-node reads attributes in another way. */
export function withListAttributes(source: string): string {
  return ADDITIONS.reduce((text, [place, addition]) => text.replace(place, () => place + addition), source);
}
