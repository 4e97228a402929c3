namespace Lacquer.Server;

/// <summary>What may be asked: nothing here is ever changed by a request.</summary>
internal static class Methods
{
    public static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
}
