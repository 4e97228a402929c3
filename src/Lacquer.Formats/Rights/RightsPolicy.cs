using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Rights;

/// <summary>What the gate lets in of one source, where that differs from the rest.</summary>
/// <param name="Name">The source's name.</param>
/// <param name="Keep">Classes that may be kept.</param>
/// <param name="Publish">Classes that may be published, all of them in <paramref name="Keep"/>.</param>
/// <param name="KeepUnknown">As of <see cref="RightsPolicy"/>.</param>
/// <param name="Deny">Nothing of it is let in.</param>
public sealed record SourcePolicy(string Name, LicenceClasses Keep, LicenceClasses Publish, bool KeepUnknown, bool Deny);

/// <summary>An operator's word that sound recordings of a certain age may be treated as free, their compositions included.</summary>
/// <param name="By">Who says so.</param>
/// <param name="Date">When, as written.</param>
/// <param name="Years">The term of protection in full years after publication, for a territory that <see cref="ProtectionTerms"/> does not know; else null.</param>
public sealed record AgeRule(string By, string Date, int? Years);

/// <summary>An operator's statement in <c>lacquer.toml</c>. It speaks of one recording, of the recordings of one release, or of files of one source.</summary>
/// <param name="By">Who says so.</param>
/// <param name="Date">When, as written.</param>
/// <param name="Licence">What it says, as <see cref="Rights.Licence.Recognise"/> reads it.</param>
/// <param name="Recording">The recording, or null.</param>
/// <param name="Release">The release, or null.</param>
/// <param name="Source">The source's name, or null.</param>
/// <param name="Match">Which of the source's files, as a pattern for their keys; null where <paramref name="Source"/> is.</param>
public sealed record PolicyStatement(string By, string Date, string Licence, EntityId? Recording, EntityId? Release, string? Source, string? Match);

/// <summary>Which classes of licence an archive keeps and which it publishes. What is not named is denied.</summary>
/// <param name="Keep">Classes that may be kept.</param>
/// <param name="Publish">Classes that may be published; what is published must also be kept.</param>
/// <param name="KeepUnknown">Whether audio without any recognised licence is kept, dark: never published.</param>
public sealed record RightsPolicy(LicenceClasses Keep, LicenceClasses Publish, bool KeepUnknown)
{
    /// <summary>Where the archive publishes, ISO 3166-1 alpha-2; "" where it does not say, and then nothing passes that holds in one territory alone.</summary>
    public string Territory { get; init; } = "";

    /// <summary>Whether a recording under no-derivatives terms may be transcoded to its tier; otherwise its original bytes are kept.</summary>
    public bool FormatShiftNoDerivatives { get; init; }

    /// <summary>Sources with rules of their own.</summary>
    public IReadOnlyList<SourcePolicy> Sources { get; init; } = [];

    /// <summary>Clears by age, or null: age alone clears nothing.</summary>
    public AgeRule? Age { get; init; }

    /// <summary>The operator's statements, in the order of the file.</summary>
    public IReadOnlyList<PolicyStatement> Statements { get; init; } = [];

    /// <summary>Everything the policy says, as compact JSON in UTF-8: the same policy gives the same text everywhere.</summary>
    public string Text => Json(json =>
    {
        json.WriteNumber("policy", 2);
        json.WriteNumber("keep", (int)Keep);
        json.WriteNumber("publish", (int)Publish);
        json.WriteBoolean("keep_unknown", KeepUnknown);
        json.WriteString("territory", Territory);
        json.WriteBoolean("format_shift_no_derivatives", FormatShiftNoDerivatives);
        json.WriteStartArray("sources");
        foreach (var source in Sources.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("name", source.Name);
            json.WriteNumber("keep", (int)source.Keep);
            json.WriteNumber("publish", (int)source.Publish);
            json.WriteBoolean("keep_unknown", source.KeepUnknown);
            json.WriteBoolean("deny", source.Deny);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (Age is { } age)
        {
            json.WriteStartObject("age");
            json.WriteString("by", age.By);
            json.WriteString("date", age.Date);
            if (age.Years is { } years)
                json.WriteNumber("years", years);
            json.WriteEndObject();
        }

        json.WriteStartArray("statements");
        foreach (var statement in Statements)
            json.WriteRawValue(TextOf(statement));
        json.WriteEndArray();
    });

    /// <summary>The policy's version: the first 12 hex digits of SHA-256 over <see cref="Text"/>.</summary>
    public string Version => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..12];

    /// <summary>Whether a mirror of this policy may pass on what an edition holds under this licence.</summary>
    public bool Publishes(Licence? licence) =>
        licence is { Classes: not 0 } && (licence.Classes & ~Publish) == 0 && (licence.Territory is null || licence.Territory == Territory);

    /// <summary>Whether audio under this licence keeps its original bytes, whatever its tier.</summary>
    public bool KeepsOriginal(string? licence) => !FormatShiftNoDerivatives && (Licence.Recognise(licence)?.Classes ?? 0).HasFlag(LicenceClasses.NoDerivatives);

    /// <summary>A statement's part of <see cref="Text"/>.</summary>
    public static string TextOf(PolicyStatement statement) => Json(json =>
    {
        json.WriteString("by", statement.By);
        json.WriteString("date", statement.Date);
        json.WriteString("licence", statement.Licence);
        foreach (var (name, value) in new[] { ("recording", statement.Recording?.ToString()), ("release", statement.Release?.ToString()), ("source", statement.Source), ("match", statement.Match) })
            if (value is not null)
                json.WriteString(name, value);
    });

    private static string Json(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
