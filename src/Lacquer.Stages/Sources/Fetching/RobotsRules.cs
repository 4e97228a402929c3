using System.Globalization;
using System.Text;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>What a robots.txt lets one crawler ask for (RFC 9309).</summary>
public sealed class RobotsRules
{
    /// <summary>What is read of a robots.txt, in bytes (RFC 9309, 2.5); the rest is passed over.</summary>
    public const int MostBytes = 500 * 1024;

    /// <summary>The longest Crawl-delay that holds; a longer one is taken for this.</summary>
    public static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(2);

    private readonly List<(string Pattern, bool Allows)> _rules;

    private RobotsRules(List<(string, bool)> rules, TimeSpan? delay) => (_rules, CrawlDelay) = (rules, delay);

    /// <summary>Everything is allowed: there is no robots.txt (4xx).</summary>
    public static RobotsRules AllowAll { get; } = new([], null);

    /// <summary>Nothing is allowed: the host cannot say (5xx, no answer).</summary>
    public static RobotsRules AllowNothing { get; } = new([("/", false)], null);

    /// <summary>The time between two requests, where the file names one.</summary>
    public TimeSpan? CrawlDelay { get; }

    /// <summary>Reads a file for a crawler.</summary>
    /// <param name="text">The file. Lines that are not understood are passed over.</param>
    /// <param name="crawler">The crawler's product token: the groups that name it hold, or else those of <c>*</c>.</param>
    public static RobotsRules Parse(string text, string crawler)
    {
        var (own, every) = (new Group(), new Group());
        var naming = false;
        var named = new List<Group>();
        foreach (var line in text.TrimStart('\uFEFF').Split('\n', '\r'))
        {
            var parts = line.Split('#')[0].Split(':', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2)
                continue;
            var value = parts[1];
            switch (parts[0].ToLowerInvariant())
            {
                case "user-agent":
                    if (!naming)
                        named.Clear();
                    naming = true;
                    if (value == "*")
                        named.Add(every);
                    else if (Token(value).Equals(crawler, StringComparison.OrdinalIgnoreCase))
                        named.Add(own);
                    named.ForEach(g => g.IsNamed = true);
                    break;
                case "allow" or "disallow":
                    naming = false;
                    // An empty pattern matches nothing.
                    if (value.Length > 0)
                        named.ForEach(g => g.Rules.Add((Normal(value), parts[0].StartsWith("a", StringComparison.OrdinalIgnoreCase))));
                    break;
                case "crawl-delay":
                    naming = false;
                    if (double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
                        named.ForEach(g => g.Delay = TimeSpan.FromSeconds(Math.Min(seconds, LongestDelay.TotalSeconds)));
                    break;
            }
        }

        var group = own.IsNamed ? own : every;
        return new RobotsRules(group.Rules, group.Delay);
    }

    /// <summary>Whether an address may be asked for: the longest pattern that fits decides, and of two as long, the one that allows.</summary>
    public bool Allows(Uri address)
    {
        if (address.AbsolutePath == "/robots.txt")
            return true;
        var path = Normal(address.PathAndQuery);
        return _rules.Where(rule => Fits(rule.Pattern, path)).OrderByDescending(rule => rule.Pattern.Length).ThenByDescending(rule => rule.Allows)
            .Select(rule => (bool?)rule.Allows).FirstOrDefault() ?? true;
    }

    // "Lacquer/1.0" names Lacquer: a product token is letters, - and _ (RFC 9309, 2.2.1).
    private static string Token(string value) => new(value.TakeWhile(c => char.IsAsciiLetter(c) || c is '-' or '_').ToArray());

    // Escapes of letters, digits and -._~ are undone, all others are in capitals, and what is not ASCII is escaped (RFC 9309, 2.2.2).
    private static string Normal(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var normal = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            var isEscape = bytes[i] == '%' && i + 2 < bytes.Length && char.IsAsciiHexDigit((char)bytes[i + 1]) && char.IsAsciiHexDigit((char)bytes[i + 2]);
            var value = isEscape ? (byte)int.Parse(Encoding.ASCII.GetString(bytes, i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : bytes[i];
            if (isEscape)
                i += 2;
            var letter = (char)value;
            if (isEscape ? char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or '~' : value < 0x80)
                normal.Append(letter);
            else
                normal.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }

        return normal.ToString();
    }

    // * stands for anything, $ at the end for the end; a pattern fits from the start of the path (RFC 9309, 2.2.3).
    private static bool Fits(string pattern, string path)
    {
        var toEnd = pattern.EndsWith('$');
        var parts = (toEnd ? pattern[..^1] : pattern).Split('*');
        if (!path.StartsWith(parts[0], StringComparison.Ordinal))
            return false;
        if (parts.Length == 1)
            return !toEnd || path.Length == parts[0].Length;
        var at = parts[0].Length;
        foreach (var part in parts.AsSpan(1..^(toEnd ? 1 : 0)))
        {
            var found = path.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }

        return !toEnd || (path.Length - at >= parts[^1].Length && path.EndsWith(parts[^1], StringComparison.Ordinal));
    }

    private sealed class Group
    {
        public List<(string Pattern, bool Allows)> Rules { get; } = [];

        public TimeSpan? Delay { get; set; }

        public bool IsNamed { get; set; }
    }
}
