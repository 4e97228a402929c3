using System.Text;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Keys at sources in the order in which SQLite sorts them: by source, then by the bytes of the key.</summary>
internal sealed class KeyOrder : IComparer<(int Source, string Key)>
{
    public static KeyOrder Instance { get; } = new();

    public int Compare((int Source, string Key) x, (int Source, string Key) y) =>
        x.Source != y.Source ? x.Source.CompareTo(y.Source) : Encoding.UTF8.GetBytes(x.Key).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y.Key));
}
