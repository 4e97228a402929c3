using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Lacquer.Tests.Studio;

/// <summary>Changes that leave JSON well-formed, and say something else: what readers meet behind a signature that is in order.</summary>
internal static class JsonChange
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "0.5", "1e2", "1e400", "2147483648", "-2147483649", "9007199254740993", "1125899906842625", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999",
        "\"\"", "\".\"", "\"..\"", "\"../x\"", "\"/etc/x\"", "\"a/b/c/d/e\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\u00e9\"", "\"two\\nlines\"", "\"UPPER\"", "\"000001\"", "\"rec-aaaaaaaaaaaaaaaa\"", "\"2026-02-30\"",
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "\"zzzzaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "[]", "{}", "[[]]", "[null]", "{\"files\":[]}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",    ];

    /// <summary>Changes one to three things.</summary>
    public static byte[] ChangeJson(this Random random, byte[] json)
    {
        // Values that no node can be made of stand as marks until the end.
        var put = new Dictionary<string, string>(StringComparer.Ordinal);
        var root = JsonNode.Parse(json)!;
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var places = new List<JsonNode>();
            Gather(root, places);
            if (places.Count > 0)
                Change(places[random.Next(places.Count)], random, places, put);
        }

        var text = root.ToJsonString();
        foreach (var (mark, value) in put)
            text = text.Replace($"\"{mark}\"", value, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text);
    }

    // Lists and objects that have something in them.
    private static void Gather(JsonNode? node, List<JsonNode> places)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } members:
                places.Add(members);
                foreach (var (_, value) in members)
                    Gather(value, places);
                break;
            case JsonArray { Count: > 0 } items:
                places.Add(items);
                foreach (var item in items)
                    Gather(item, places);
                break;
        }
    }

    private static void Change(JsonNode place, Random random, List<JsonNode> places, Dictionary<string, string> put)
    {
        if (place is JsonArray items)
        {
            var at = random.Next(items.Count);
            switch (random.Next(4))
            {
                case 0: items.RemoveAt(at); break;
                case 1: items.Insert(random.Next(items.Count + 1), items[at]?.DeepClone()); break;
                case 2:
                    for (var copies = random.Next(40); copies > 0; copies--)
                        items.Add(items[at]?.DeepClone());
                    break;
                default: items[at] = Other(items[at], random, places, put); break;
            }

            return;
        }

        var members = (JsonObject)place;
        var (name, value) = members.ElementAt(random.Next(members.Count));
        switch (random.Next(8))
        {
            case 0: members.Remove(name); break;
            case 1:
                members.Remove(name);
                members[random.Next(2) == 0 ? name + "x" : name.ToUpperInvariant()] = value;
                break;
            default: members[name] = Other(value, random, places, put); break;
        }
    }

    private static JsonNode? Other(JsonNode? value, Random random, List<JsonNode> places, Dictionary<string, string> put)
    {
        switch (random.Next(5))
        {
            case 0 when value is JsonValue text && text.TryGetValue<string>(out var said) && said.Length > 0:
                return JsonValue.Create(Encoding.UTF8.GetString(random.Mutate(Encoding.UTF8.GetBytes(said))));
            case 1 when value is JsonValue number && number.TryGetValue<long>(out var count):
                return JsonValue.Create(random.Next(3) switch { 0 => unchecked(count + random.Next(-2, 3)), 1 => unchecked(count << random.Next(64)), _ => random.NextInt64(long.MinValue, long.MaxValue) });
            case 2:
                return JsonValue.Create(new string('a', random.Next(4) switch { 0 => 101, 1 => 201, 2 => 1001, _ => random.Next(3000) }));
            case 3:
                return places[random.Next(places.Count)].DeepClone();
            default:
                var mark = string.Create(CultureInfo.InvariantCulture, $"mark {put.Count}");
                put[mark] = Values[random.Next(Values.Length)];
                return JsonValue.Create(mark);
        }
    }
}
