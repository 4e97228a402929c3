using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>A value that a record states, as text that can be compared and shown.</summary>
/// <param name="Field">Of which field: <c>release.date</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="IsMember">Whether the catalogue holds all that are stated, as with ISRCs, rather than one.</param>
internal readonly record struct Fact(string Field, string Value, bool IsMember = false);

/// <summary>An artist in a credit, or of a document.</summary>
internal sealed record SaidArtist(EntityId Id, Guid? Mbid, string? Key, string Name, IReadOnlyList<Fact> Facts);

/// <summary>An artist credit.</summary>
/// <param name="Text">Names, roles and join phrases, parted by strokes.</param>
/// <param name="Artists">In order.</param>
internal sealed record SaidCredit(string Text, IReadOnlyList<SaidArtist> Artists);

/// <summary>What a record says of a release.</summary>
internal sealed record SaidRelease(EntityId Id, Guid? Mbid, string? Key, bool IsWhole, SaidCredit? Credit, IReadOnlyList<Fact> Facts);

/// <summary>What a record says of a recording and of the track it is.</summary>
internal sealed record SaidRecording(
    EntityId Id, Guid? Mbid, string? Key, bool IsTrack, int Medium, int Position, SaidCredit? Credit, IReadOnlyList<Fact> Facts, string TrackTitle, SaidCredit? TrackCredit, int TrackDurationMs);

/// <summary>What a line says.</summary>
/// <param name="Key">Hash of the source's key for it; 0 for an artist's, which no later one takes the place of.</param>
/// <param name="Release">The release it speaks of, or null.</param>
/// <param name="Recordings">The recordings, in order.</param>
/// <param name="Artist">The artist whose document it is, or null.</param>
/// <param name="Credited">Whoever it names in credits.</param>
/// <param name="Content">Hash of the line.</param>
internal sealed record SaidRecord(ulong Key, SaidRelease? Release, IReadOnlyList<SaidRecording> Recordings, SaidArtist? Artist, IReadOnlyList<SaidArtist> Credited, ulong Content)
{
    /// <summary>A record of which a catalogue takes nothing.</summary>
    public static SaidRecord Nothing { get; } = new(0, null, [], null, [], 0);
}
