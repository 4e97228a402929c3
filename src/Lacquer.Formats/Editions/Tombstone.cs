using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Editions;

/// <summary>What a withdrawal was asked for.</summary>
public enum WithdrawalScope
{
    /// <summary>One recording.</summary>
    Recording,

    /// <summary>A release, with the recordings on it.</summary>
    Release,

    /// <summary>An artist, with the recordings and releases credited to it.</summary>
    Artist,

    /// <summary>Everything held under a licence, or a class of licences.</summary>
    Licence,

    /// <summary>Everything held from a source.</summary>
    Source,
}

/// <summary>
/// A published thing taken back: <c>withdrawals/NNNNNN.json</c> of an archive and of each of its editions from then on, with a signature beside it. Canonical, as a manifest is.
/// </summary>
/// <param name="Archive">The archive's name.</param>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Undoes">The withdrawal that this one undoes; then it names nothing. Null for one that takes back.</param>
/// <param name="Scope">What was asked for.</param>
/// <param name="Subject">An id, a licence or a class of licences, or a source's name.</param>
/// <param name="Reason">Why, as the operator said.</param>
/// <param name="Reference">The request's reference, as the operator keeps it; may be empty.</param>
/// <param name="Date">The day, by UTC.</param>
/// <param name="Entities">Recordings, releases and artists that no later edition names, in the order of their texts.</param>
/// <param name="Objects">Audio that no later edition has, in the order of the names.</param>
public sealed record Tombstone(
    string Archive, int Number, int? Undoes, WithdrawalScope Scope, string Subject, string Reason, string Reference, DateOnly Date, IReadOnlyList<EntityId> Entities, IReadOnlyList<PiecesRoot> Objects)
{
    /// <summary>The format's name.</summary>
    public const string Format = "lacquer-withdrawal/1";

    /// <summary>The longest reason or reference, in letters.</summary>
    public const int LongestText = 1000;

    /// <summary>A longer tombstone is not read: about three million things.</summary>
    public const long LargestBytes = 1L << 28;

    /// <summary>What stands behind a tombstone's name in the name of its signature.</summary>
    public const string SignatureEnd = ".minisig";

    private const string DateFormat = "yyyy-MM-dd";

    /// <summary>Its file's path in an edition's folder.</summary>
    public string Path => PathOf(Number);

    /// <summary>The path of a tombstone in an edition's folder.</summary>
    public static string PathOf(int number) => string.Create(CultureInfo.InvariantCulture, $"withdrawals/{number:D6}.json");

    /// <summary>Whether a path of an edition is that of a tombstone.</summary>
    public static bool IsPath(string path) => path.StartsWith("withdrawals/", StringComparison.Ordinal) && path.EndsWith(".json", StringComparison.Ordinal);

    /// <summary>The canonical bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("archive", Archive);
        json.WriteNumber("number", Number);
        if (Undoes is { } undoes)
            json.WriteNumber("undoes", undoes);
        else
            json.WriteNull("undoes");
        json.WriteString("scope", Name(Scope));
        json.WriteString("subject", Subject);
        json.WriteString("reason", Reason);
        json.WriteString("reference", Reference);
        json.WriteString("date", Date.ToString(DateFormat, CultureInfo.InvariantCulture));
        List("entities", Entities.Select(e => e.ToString()));
        List("objects", Objects.Select(o => o.ToString()));
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
        return stream.ToArray();

        void List(string name, IEnumerable<string> items)
        {
            json.WriteStartArray(name);
            foreach (var item in items)
            {
                json.Flush();
                stream.WriteByte((byte)'\n');
                json.WriteStringValue(item);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>Reads a tombstone from a stranger.</summary>
    /// <exception cref="LacquerException">It is not one; the message says where.</exception>
    public static Tombstone Read(ReadOnlyMemory<byte> bytes, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (Manifest.Text(root, "format") is var format && format != Format)
                throw new FormatException($"it is of the format '{format}', not {Format}");
            var number = root.GetProperty("number").GetInt32();
            var undoes = root.GetProperty("undoes") is { ValueKind: JsonValueKind.Number } other ? other.GetInt32() : (int?)null;
            if (number is < 1 or > 999_999 || undoes < 1 || undoes >= number)
                throw new FormatException("its number, or that of the one it undoes, cannot be");
            return new Tombstone(Short(root, "archive"), number, undoes, ScopeOf(Manifest.Text(root, "scope")), Short(root, "subject"), Short(root, "reason"), Short(root, "reference"),
                DateOnly.ParseExact(Manifest.Text(root, "date"), DateFormat, CultureInfo.InvariantCulture),
                root.GetProperty("entities").EnumerateArray().Select(e => EntityId.TryParse(e.GetString(), out var id) ? id : throw new FormatException("an entity is not an id")).ToList(),
                root.GetProperty("objects").EnumerateArray().Select(o => new PiecesRoot(Sha256Digest.Parse(o.GetString() ?? ""))).ToList());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new LacquerException(Failure.Damaged, $"{what} is not a tombstone: {e.Message.ReplaceLineEndings(" ")}", "fetch it again", e);
        }
    }

    /// <summary>A scope's name.</summary>
    public static string Name(WithdrawalScope scope) => scope switch
    {
        WithdrawalScope.Recording => "recording",
        WithdrawalScope.Release => "release",
        WithdrawalScope.Artist => "artist",
        WithdrawalScope.Licence => "licence",
        _ => "source",
    };

    /// <summary>The scope of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static WithdrawalScope ScopeOf(string name) =>
        Enum.GetValues<WithdrawalScope>().Where(s => Name(s) == name).Select(s => (WithdrawalScope?)s).FirstOrDefault() ?? throw new FormatException($"there is no scope '{name}'");

    private static string Short(JsonElement element, string name) =>
        Manifest.Text(element, name) is { Length: <= LongestText } text ? text : throw new FormatException($"{name} is longer than {LongestText} letters");
}
