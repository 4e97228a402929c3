using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Catalogues;

/// <summary>The posting lists of one kind of entity in one part: those in memory, and behind which ranks they stand, runs that were set aside.</summary>
internal sealed class SearchKind(EntityKind kind)
{
    private long _setAside;

    public EntityKind Of { get; } = kind;

    public PostingLists Lists { get; } = new();

    public List<PostingRun> Runs { get; } = [];

    /// <summary>The first rank; 0 where there is none.</summary>
    public long First { get; private set; }

    /// <summary>The last rank; 0 where there is none.</summary>
    public long Last { get; private set; }

    public long Rows { get; private set; }

    /// <summary>How many postings there are, those set aside included.</summary>
    public long Postings => _setAside + Lists.Postings;

    /// <summary>Refuses a rank that does not come after the last.</summary>
    public static void Check(long rank, long last)
    {
        if (rank <= last || rank > uint.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(rank), rank, $"after {last}, in rank order");
    }

    /// <summary>Adds the next entity.</summary>
    public void Add(long rank, ReadOnlySpan<int> terms)
    {
        Check(rank, Last);
        if (Rows++ == 0)
            First = rank;
        Last = rank;
        Lists.Add((uint)rank, terms);
    }

    /// <summary>Sets the lists in memory aside.</summary>
    public void SetAside(string path, ReadOnlySpan<int> order)
    {
        Runs.Add(new PostingRun(path, Lists, order));
        _setAside += Lists.Postings;
        Lists.Clear();
    }
}
