using System.Buffers;
using System.Text;

namespace Lacquer.Formats.Torrents;

/// <summary>Which names may become part of a path on any file system we know of.</summary>
internal static class PathRules
{
    /// <summary>The longest component in bytes of UTF-8: what ext4, APFS and most others take.</summary>
    public const int ComponentLimitBytes = 255;

    private const int LongestDevice = 7;

    private static readonly SearchValues<char> Ours = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    private static readonly SearchValues<char> Refused = SearchValues.Create([.. "/\\:\x7f", .. Enumerable.Range(0, ' ').Select(letter => (char)letter)]);

    private static readonly HashSet<string> DeviceNames = new(
        [
            "CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$",
            .. from port in new[] { "COM", "LPT" } from number in "0123456789¹²³" select port + number,
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> DevicesByName = DeviceNames.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Why a name must not become a path component, or null where it may.</summary>
    public static string? Complaint(string name)
    {
        if (name.Length == 0)
            return "is empty";
        if (Encoding.UTF8.GetByteCount(name) > ComponentLimitBytes)
            return $"is longer than {ComponentLimitBytes} bytes";
        if (name is "." or "..")
            return "leaves its folder";
        if (name.AsSpan().IndexOfAny(Refused) is >= 0 and var at)
            return name[at] switch
            {
                '/' or '\\' => "has a separator in it",
                // A drive ("c:x") or a second stream ("x:y") on Windows.
                ':' => "has a colon in it",
                _ => "has a control character in it",
            };

        if (name[^1] is '.' or ' ')
            return "ends with a dot or a space, which Windows drops";
        // Windows takes the device whatever follows the first dot, and drops spaces before it.
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (name.AsSpan(0, dot < 0 ? name.Length : dot).TrimEnd(' ') is { Length: <= LongestDevice } stem && DevicesByName.Contains(stem))
            return "is the name of a device on Windows";
        return null;
    }

    /// <summary>Why a name is not one that we write: <c>[a-z0-9.-]</c>, starting with a letter or digit.</summary>
    public static string? ComplaintAboutOurs(string name)
    {
        if (name.AsSpan().ContainsAnyExcept(Ours))
            return "has something else than [a-z0-9.-] in it";
        if (name.Length > 0 && name[0] is '.' or '-')
            return "starts with a dot or a hyphen";
        return Complaint(name);
    }

    /// <summary>A name as a folder has it in which composition does not count; where case does not either, names of one folder differ by more than that.</summary>
    public static string Fold(string name) => Ascii.IsValid(name) ? name : name.Normalize(NormalizationForm.FormC).ToUpperInvariant();
}
